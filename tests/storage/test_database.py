"""Transactions, readers, failures and endings of the database."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from runner.errors import Busy, StoreFailed
from runner.storage.database import Database
from runner.storage.migrations import Schema
from runner.storage.protocol import Store, Writing
from runner.storage.session import Session, make_durable, open_for_reading, open_for_writing


@pytest.fixture
def notes(tmp_path: Path) -> Schema:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_notes.sql").write_text(
        "CREATE TABLE note (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE);\n"
        "CREATE TABLE mark (note INTEGER NOT NULL REFERENCES note (number));\n"
    )
    return Schema(name="notes", folder=folder)


@pytest.fixture
def database(tmp_path: Path, notes: Schema) -> Iterator[Database]:
    with Database(tmp_path / "state/store.db", schemas=(notes,), timeout_s=0.2) as database:
        yield database


def write(database: Store, *texts: str) -> None:
    with database.transaction() as tx:
        for text in texts:
            tx.insert("INSERT INTO note (text) VALUES (?)", (text,))


def read(database: Store) -> list[str]:
    with database.read() as reading:
        return [row[0] for row in reading.rows("SELECT text FROM note ORDER BY number")]


def write_and_fail(tx: Writing) -> None:
    tx.insert("INSERT INTO note (text) VALUES ('two')")
    raise ZeroDivisionError


def undo_and_fail(tx: Writing) -> None:
    tx.run("ROLLBACK")
    raise ZeroDivisionError


def fill_up(tx: Writing) -> None:
    """Write more than the database may grow by."""
    pages = tx.row("PRAGMA page_count")
    tx.run(f"PRAGMA max_page_count = {pages and pages[0]}")
    with tx.savepoint():
        tx.insert("INSERT INTO note (text) VALUES (?)", ("x" * 100_000,))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_is_opened_before_the_first_use(tmp_path: Path, notes: Schema) -> None:
    Database(tmp_path / "state/store.db", schemas=(notes,)).close()

    assert not (tmp_path / "state").exists()


def test_what_was_written_is_there_for_the_next_process(database: Database, notes: Schema) -> None:
    write(database, "one", "two")
    database.close()

    with Database(database.path, schemas=(notes,)) as again:
        assert read(again) == ["one", "two"]


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


def test_writes_are_flushed_and_bound_by_foreign_keys(database: Database) -> None:
    with database.transaction() as tx:
        assert tx.row("PRAGMA synchronous") == (2,)
        assert tx.row("PRAGMA foreign_keys") == (1,)
        assert tx.row("PRAGMA journal_mode") == ("wal",)


def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    write(database, "one")

    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        write_and_fail(tx)

    assert read(database) == ["one"]
    write(database, "three")


def test_a_row_can_be_asked_for_and_may_be_missing(database: Database) -> None:
    with database.transaction() as tx:
        assert tx.insert("INSERT INTO note (text) VALUES (?)", ("one",)) == 1
        assert tx.row("SELECT text FROM note WHERE number = ?", (1,)) == ("one",)
        assert tx.row("SELECT text FROM note WHERE number = ?", (2,)) is None
        assert tx.run("UPDATE note SET text = text || '!'") == 1
        assert tx.rows("SELECT * FROM note") == [(1, "one!")]


def test_a_savepoint_undoes_only_itself(database: Database) -> None:
    with database.transaction() as tx:
        tx.insert("INSERT INTO note (text) VALUES ('one')")
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            write_and_fail(tx)
        with tx.savepoint():
            tx.insert("INSERT INTO note (text) VALUES ('three')")

    assert read(database) == ["one", "three"]


def test_a_reader_sees_one_moment_and_is_kept_waiting_by_nobody(database: Database) -> None:
    write(database, "one")

    with database.read() as reading:
        before = reading.rows("SELECT text FROM note")
        write(database, "two")
        after = reading.rows("SELECT text FROM note")

    assert before == after == [("one",)]
    assert read(database) == ["one", "two"]


def test_a_reader_cannot_write(database: Database) -> None:
    write(database, "one")

    with pytest.raises(StoreFailed, match="read-only"), database.read() as reading:
        reading.rows("DELETE FROM note")

    assert read(database) == ["one"]


def test_reading_makes_the_database_when_there_is_none(database: Database) -> None:
    assert read(database) == []
    assert database.path.exists()


def test_a_wrong_statement_is_a_bug_and_stays_one(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), database.transaction() as tx:
        tx.run("DELETE FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError):
        write(database, "one", "one")

    write(database, "one")
    assert read(database) == ["one"]


def test_another_programs_lock_is_told_after_a_while(database: Database) -> None:
    write(database, "one")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")

        with pytest.raises(Busy, match="another program") as told:
            write(database, "two")

    assert told.value.exit_code == 4
    write(database, "two")
    assert read(database) == ["one", "two"]


def test_a_second_thread_waits_for_its_turn_and_gives_up(database: Database) -> None:
    told: list[BaseException] = []

    def other() -> None:
        try:
            write(database, "two")
        except Busy as error:
            told.append(error)

    with database.transaction():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert "another thread" in str(told[0])


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


@contextmanager
def no_file_larger_than(size_bytes: int) -> Iterator[None]:
    """Every write past this size fails, for the whole process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


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


def test_a_folder_in_the_place_of_the_file_is_told(database: Database) -> None:
    database.path.mkdir(parents=True)

    for use in (read, write):
        with pytest.raises(StoreFailed, match=r"store\.db: cannot be"):
            use(database)


def test_a_file_in_the_place_of_the_folder_is_told(database: Database) -> None:
    database.path.parent.write_text("")

    for use in (read, write):
        with pytest.raises(StoreFailed, match="folder"):
            use(database)


def test_a_path_with_special_characters_is_just_a_path(tmp_path: Path, notes: Schema) -> None:
    path = tmp_path / "50% ? #1 ä" / "a b.db"

    with Database(path, schemas=(notes,)) as database:
        write(database, "one")
        assert read(database) == ["one"]

    assert path.exists()


def test_a_disk_that_cannot_keep_a_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with closing(sqlite3.connect(f"{path.as_uri()}?vfs=unix-none", uri=True)) as network_drive:
        session = Session(network_drive, path, path.stat().st_ino)

        with pytest.raises(StoreFailed, match="write-ahead log") as told:
            make_durable(session, path)

    assert "local disk" in told.value.hint


def test_a_file_that_vanishes_while_it_is_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be opened"):
        open_for_reading(tmp_path / "store.db", timeout_s=0.1)


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be made"):
        open_for_writing(tmp_path / "nowhere/store.db", timeout_s=0.1)


def test_a_transaction_that_ended_itself_needs_no_undoing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        undo_and_fail(tx)

    assert read(database) == []
