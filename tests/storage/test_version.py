"""A cheap answer to: was anything written since I looked last?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage.database import Database
from runner.storage.migrations import Schema
from tests.storage.notes import read, write


def test_it_stays_while_nothing_is_written(database: Database) -> None:
    write(database, "one")
    before = database.version()

    assert read(database) == ["one"]
    assert database.version() == before


def test_it_changes_with_a_commit_of_this_process(database: Database) -> None:
    before = database.version()
    write(database, "one")

    after = database.version()

    assert after != before
    assert database.version() == after


def test_it_changes_with_a_commit_of_somebody_else(database: Database, notes: Schema) -> None:
    before = database.version()
    with Database(database.path, schemas=(notes,)) as other:
        write(other, "one")

    assert database.version() != before


def test_what_was_given_up_is_no_news(database: Database) -> None:
    write(database, "one")
    before = database.version()

    with pytest.raises(sqlite3.IntegrityError):
        write(database, "two", "two")

    assert database.version() == before


def test_another_file_in_its_place_is_news(database: Database) -> None:
    write(database, "one")
    before = database.version()
    for file in database.path.parent.iterdir():
        file.unlink()

    gone, again = database.version(), database.version()
    write(database, "other")

    assert len({before, gone, again, database.version()}) == 4


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path, notes: Schema) -> None:
    path = tmp_path / "store.db"
    path.write_text("no database at all, but long enough to be looked at as one\n" * 20)

    with Database(path, schemas=(notes,)) as database, pytest.raises(StoreFailed, match="not a database"):
        database.version()
