"""The files of the database: private, made when first used, and noticed when they change hands."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage.database import Database
from runner.storage.migrations import Schema
from runner.storage.session import open_for_reading, open_for_writing
from tests.storage.notes import read, write


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_is_opened_before_the_first_use(tmp_path: Path, notes: Schema) -> None:
    Database(tmp_path / "state/store.db", schemas=(notes,)).close()

    assert not (tmp_path / "state").exists()


def test_files_are_for_this_user_only(database: Database) -> None:
    old = os.umask(0)
    try:
        write(database, "one")
    finally:
        os.umask(old)

    assert mode(database.path.parent) == 0o700
    assert {mode(file) for file in database.path.parent.iterdir()} == {0o600}
    assert len(list(database.path.parent.iterdir())) == 6


def test_the_last_one_to_close_leaves_one_whole_file(database: Database) -> None:
    write(database, "one")
    database.close()

    assert sorted(file.name for file in database.path.parent.iterdir()) == [
        "store.db",
        "store.db.lock.a",
        "store.db.lock.b",
        "store.db.lock.owner",
    ]


def test_a_deleted_database_is_made_again(database: Database) -> None:
    write(database, "one")
    assert read(database) == ["one"]
    for file in database.path.parent.iterdir():
        file.unlink()

    write(database, "two")

    assert read(database) == ["two"]


def test_a_restored_database_is_noticed(database: Database, tmp_path: Path) -> None:
    write(database, "one")
    with (
        closing(sqlite3.connect(database.path)) as source,
        closing(sqlite3.connect(tmp_path / "copy")) as copy,
    ):
        source.backup(copy)
    write(database, "two")
    assert read(database) == ["one", "two"]
    for file in database.path.parent.glob("store.db-*"):
        file.unlink()
    (tmp_path / "copy").replace(database.path)

    assert read(database) == ["one"]
    write(database, "three")
    assert read(database) == ["one", "three"]


def test_a_folder_in_the_place_of_the_file_is_told(database: Database) -> None:
    database.path.mkdir(parents=True)

    for use in (read, write):
        with pytest.raises(StoreFailed, match=r"store\.db: cannot be"):
            use(database)


def test_a_file_in_the_place_of_the_folder_is_told(database: Database) -> None:
    database.path.parent.write_text("")

    for use in (read, write):
        with pytest.raises(StoreFailed, match=r"folder|directory"):
            use(database)


def test_a_path_with_special_characters_is_just_a_path(tmp_path: Path, notes: Schema) -> None:
    path = tmp_path / "50% ? #1 ä" / "a b.db"

    with Database(path, schemas=(notes,)) as database:
        write(database, "one")
        assert read(database) == ["one"]

    assert path.exists()


def test_a_file_that_vanishes_while_it_is_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be opened"):
        open_for_reading(tmp_path / "store.db", timeout_s=0.1)


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be made"):
        open_for_writing(tmp_path / "nowhere/store.db", timeout_s=0.1)
