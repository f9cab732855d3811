"""A database with one small table of notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.storage.database import Database
from runner.storage.migrations import Schema


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
