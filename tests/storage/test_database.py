"""Transactions and readers of the database."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from runner.errors import Busy, StoreFailed
from runner.storage.database import Database
from runner.storage.migrations import Schema
from runner.storage.protocol import Writing
from tests.storage.notes import read, write


def write_and_fail(tx: Writing) -> None:
    tx.insert("INSERT INTO note (text) VALUES ('two')")
    raise ZeroDivisionError


def undo_and_fail(tx: Writing) -> None:
    tx.run("ROLLBACK")
    raise ZeroDivisionError


def test_what_was_written_is_there_for_the_next_process(database: Database, notes: Schema) -> None:
    write(database, "one", "two")
    database.close()

    with Database(database.path, schemas=(notes,)) as again:
        assert read(again) == ["one", "two"]


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


def test_reading_makes_nothing_when_there_is_no_database(database: Database) -> None:
    assert read(database) == []
    assert not database.path.parent.exists()


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


def test_a_transaction_that_ended_itself_needs_no_undoing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        undo_and_fail(tx)

    assert read(database) == []
