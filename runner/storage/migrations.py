"""Numbered SQL files, applied once each and in order, all of them in one transaction; never backwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import StoreFailed
from runner.storage.protocol import Reading, Writing

_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    capability TEXT NOT NULL,
    number     INTEGER NOT NULL,
    file       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    PRIMARY KEY (capability, number)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The tables of one capability: a folder of files `0001_what.sql`, `0002_what.sql`, ..."""

    name: str
    folder: Path

    def files(self) -> tuple[Path, ...]:
        """The migrations in their order; the first has number 1 and none is left out."""
        return tuple(sorted(self.folder.glob("[0-9][0-9][0-9][0-9]_*.sql")))


def is_current(reading: Reading, schemas: Sequence[Schema], path: Path) -> bool:
    """Whether every migration that we know is applied; the files themselves are not read.

    Raises:
        StoreFailed: a newer program has been here.
    """
    if reading.row("SELECT 1 FROM sqlite_master WHERE name = 'migration'") is None:
        return False
    # A list, not a generator: a schema that is newer than ours is told even if another one is behind.
    return all([_missing(reading, schema, path) == 0 for schema in schemas])  # noqa: C419


def migrate(writing: Writing, schemas: Sequence[Schema], path: Path) -> None:
    """Apply what is missing, inside the caller's transaction.

    Raises:
        StoreFailed: a newer program has been here, or an applied file is not what it was.
    """
    writing.run(_TABLE)
    for schema in schemas:
        files = schema.files()
        done = len(files) - _missing(writing, schema, path)
        for number, file in enumerate(files, start=1):
            if number <= done:
                _compare(writing, schema, number, file, path)
            else:
                _apply(writing, schema, number, file)


def _missing(reading: Reading, schema: Schema, path: Path) -> int:
    row = reading.row("SELECT max(number) FROM migration WHERE capability = ?", (schema.name,))
    applied = (row and row[0]) or 0
    missing = len(schema.files()) - applied
    if missing < 0:
        raise StoreFailed(
            f"{path} was written by a newer runner ({schema.name} is at {applied}, we know {applied + missing})",
            hint="upgrade this one: pip install --upgrade agentic-runner",
        )
    return missing


def _compare(writing: Writing, schema: Schema, number: int, file: Path, path: Path) -> None:
    row = writing.row(
        "SELECT checksum FROM migration WHERE capability = ? AND number = ?", (schema.name, number)
    )
    if row != (_checksum(file),):
        raise StoreFailed(
            f"{path} was made with another {schema.name}/{file.name} than this program has",
            hint="a development version was here; move the file away, or use that version again",
        )


def _apply(writing: Writing, schema: Schema, number: int, file: Path) -> None:
    for statement in statements(file.read_text(encoding="utf-8")):
        writing.run(statement)
    writing.run(
        "INSERT INTO migration (capability, number, file, checksum) VALUES (?, ?, ?, ?)",
        (schema.name, number, file.name, _checksum(file)),
    )


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: running it whole would commit in the middle."""
    collected = ""
    for line in script.splitlines(keepends=True):
        collected += line
        if sqlite3.complete_statement(collected):
            yield collected
            collected = ""


def _checksum(file: Path) -> str:
    from hashlib import sha256

    return sha256(file.read_bytes()).hexdigest()
