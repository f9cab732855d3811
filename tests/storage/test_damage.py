"""Full disks, damaged pages and files that are no database of ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage.database import Database
from runner.storage.protocol import Writing
from runner.storage.session import Session, make_durable
from tests.storage.notes import read, write
from tests.support.full_disk import no_file_larger_than


def fill_up(tx: Writing) -> None:
    """Write more than the database may grow by."""
    pages = tx.row("PRAGMA page_count")
    tx.run(f"PRAGMA max_page_count = {pages and pages[0]}")
    with tx.savepoint():
        tx.insert("INSERT INTO note (text) VALUES (?)", ("x" * 100_000,))


def test_a_write_that_the_disk_refuses_is_not_acknowledged_and_the_next_one_works(database: Database) -> None:
    write(database, "one")
    log = database.path.with_name("store.db-wal")

    with no_file_larger_than(log.stat().st_size + 1_000):
        with pytest.raises(StoreFailed, match="cannot be read or written") as told:
            write(database, "x" * 100_000)
        assert read(database) == ["one"]

    assert told.value.exit_code == 5
    assert "\n" not in str(told.value)
    write(database, "two")
    assert read(database) == ["one", "two"]


def test_a_full_disk_is_told_as_one(database: Database) -> None:
    write(database, "one")

    with pytest.raises(StoreFailed, match="disk is full"), database.transaction() as tx:
        fill_up(tx)

    write(database, "two" * 10_000)
    assert len(read(database)) == 2


def test_damage_is_found_when_the_file_is_opened_after_a_failure(database: Database) -> None:
    write(database, *(f"{number} " + "x" * 3_000 for number in range(50)))
    log = database.path.with_name("store.db-wal")
    database.close()
    write(database, "one more")
    with no_file_larger_than(log.stat().st_size), pytest.raises(StoreFailed):
        write(database, "y" * 100_000)
    with database.path.open("r+b") as file:
        file.seek(19 * 4096)  # a page that writing one more row does not touch
        file.write(b"\xff" * 4096)

    with pytest.raises(StoreFailed, match="damaged") as told:
        write(database, "two")

    assert "recover" in told.value.hint
    database.close()


def test_a_damaged_page_is_told_when_it_is_read(database: Database) -> None:
    write(database, *(f"{number} " + "x" * 3_000 for number in range(50)))
    database.close()
    with database.path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 40_960)

    with pytest.raises(StoreFailed, match="damaged"):
        read(database)
    database.close()


@pytest.mark.parametrize("content", [b"this is no database at all", b"\x00" * 5_000])
def test_a_file_that_is_no_database_is_left_alone(database: Database, content: bytes) -> None:
    database.path.parent.mkdir()
    database.path.write_bytes(content)

    for use in (read, write):
        with pytest.raises(StoreFailed, match="is not a database"):
            use(database)

    assert database.path.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(database: Database) -> None:
    database.path.parent.mkdir()
    with closing(sqlite3.connect(database.path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (a)")
    before = database.path.read_bytes()

    for use in (read, write):
        with pytest.raises(StoreFailed, match="another program"):
            use(database)

    assert database.path.read_bytes() == before


def test_a_disk_that_cannot_keep_a_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with closing(sqlite3.connect(f"{path.as_uri()}?vfs=unix-none", uri=True)) as network_drive:
        session = Session(network_drive, path, path.stat().st_ino)

        with pytest.raises(StoreFailed, match="write-ahead log") as told:
            make_durable(session, path)

    assert "local disk" in told.value.hint
