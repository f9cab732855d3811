"""Migrations: applied once, in order, together; never backwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage.database import Database
from runner.storage.migrations import Schema, statements
from runner.tasks.schema import TASKS

Make = Callable[..., Schema]
Use = Callable[[Database], AbstractContextManager[object]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make_schema(name: str, *scripts: str) -> Schema:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number, script in enumerate(scripts, start=1):
            (folder / f"{number:04}_step.sql").write_text(script)
        return Schema(name=name, folder=folder)

    return make_schema


def tables(path: Path, *schemas: Schema) -> set[str]:
    with Database(path, schemas=schemas) as database, database.transaction() as tx:
        found = tx.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {row[0] for row in found}


def test_they_are_applied_in_their_order_and_once(tmp_path: Path, make: Make) -> None:
    schema = make("a", "CREATE TABLE one (x);", "ALTER TABLE one RENAME TO two;")

    assert tables(tmp_path / "db", schema) == {"migration", "two"}
    assert tables(tmp_path / "db", schema) == {"migration", "two"}


def test_a_new_one_is_applied_to_an_old_database(tmp_path: Path, make: Make) -> None:
    tables(tmp_path / "db", make("a", "CREATE TABLE one (x);"))

    newer = make("a", "CREATE TABLE one (x);", "CREATE TABLE two (x);")

    assert tables(tmp_path / "db", newer) == {"migration", "one", "two"}


def test_reading_an_old_database_shows_the_new_tables_and_leaves_the_file_alone(
    tmp_path: Path, make: Make
) -> None:
    tables(tmp_path / "db", make("a", "CREATE TABLE one (x);"))
    before = (tmp_path / "db").read_bytes()
    newer = make("a", "CREATE TABLE one (x);", "CREATE TABLE two (x);")

    with Database(tmp_path / "db", schemas=(newer,)) as database, database.read() as reading:
        assert reading.rows("SELECT * FROM two") == []

    assert (tmp_path / "db").read_bytes() == before


def test_an_old_database_that_is_in_use_is_brought_up_to_date_by_a_reader(tmp_path: Path, make: Make) -> None:
    old = make("a", "CREATE TABLE one (x);")
    with Database(tmp_path / "db", schemas=(old,)) as database:
        with database.transaction() as tx:
            tx.insert("INSERT INTO one VALUES (1)")
        newer = make("a", "CREATE TABLE one (x);", "CREATE TABLE two (x);")

        with Database(tmp_path / "db", schemas=(newer,)) as other, other.read() as reading:
            assert reading.rows("SELECT * FROM two") == []


def test_a_process_that_is_open_meanwhile_goes_on(tmp_path: Path, make: Make) -> None:
    old = make("a", "CREATE TABLE one (x);")
    with Database(tmp_path / "db", schemas=(old,)) as database:
        with database.transaction() as tx:
            assert tx.rows("SELECT * FROM one") == []
        tables(tmp_path / "db", old, make("b", "CREATE TABLE other (x);"))

        with database.transaction() as tx:
            tx.insert("INSERT INTO one VALUES (1)")
        with database.read() as reading:
            assert reading.rows("SELECT * FROM one") == [(1,)]


def test_several_capabilities_share_a_database(tmp_path: Path, make: Make) -> None:
    first, second = make("a", "CREATE TABLE one (x);"), make("b", "CREATE TABLE other (x);")
    tables(tmp_path / "db", first)

    assert tables(tmp_path / "db", first, second) == {"migration", "one", "other"}
    assert tables(tmp_path / "db", second) == {"migration", "one", "other"}


def test_a_broken_one_leaves_nothing_behind(tmp_path: Path, make: Make) -> None:
    broken = make("a", "CREATE TABLE one (x);\nCREATE TABLE one (y);")

    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        tables(tmp_path / "db", broken)

    assert tables(tmp_path / "db", make("a", "CREATE TABLE three (x);")) == {"migration", "three"}


@pytest.mark.parametrize("use", [Database.read, Database.transaction])
def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path, make: Make, use: Use) -> None:
    newer = make("a", "CREATE TABLE one (x);", "CREATE TABLE two (x);")
    tables(tmp_path / "db", newer)
    (newer.folder / "0002_step.sql").unlink()

    database = Database(tmp_path / "db", schemas=(make("b", "CREATE TABLE other (x);"), newer))
    with pytest.raises(StoreFailed, match="newer runner") as told, use(database):
        pass

    database.close()
    assert "(a is at 2, we know 1)" in str(told.value)
    assert "upgrade" in told.value.hint


def test_a_file_that_is_not_what_was_applied_is_told(tmp_path: Path, make: Make) -> None:
    tables(tmp_path / "db", make("a", "CREATE TABLE one (x);"))

    with pytest.raises(StoreFailed, match=r"another a/0001_step\.sql"):
        tables(tmp_path / "db", make("a", "CREATE TABLE one (y);", "CREATE TABLE two (x);"))


def test_a_script_is_cut_into_statements() -> None:
    script = "-- a; comment\nCREATE TABLE a (x, -- ;\n y);\nINSERT INTO a VALUES (';\n');\n-- the end\n"

    assert [statement.strip() for statement in statements(script)] == [
        "-- a; comment\nCREATE TABLE a (x, -- ;\n y);",
        "INSERT INTO a VALUES (';\n');",
    ]


def test_our_own_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name[:4]) for file in TASKS.files()]

    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
