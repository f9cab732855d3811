"""Writing and reading the notes of a test's database."""

from __future__ import annotations

from runner.storage.protocol import Store


def write(database: Store, *texts: str) -> None:
    with database.transaction() as tx:
        for text in texts:
            tx.insert("INSERT INTO note (text) VALUES (?)", (text,))


def read(database: Store) -> list[str]:
    with database.read() as reading:
        return [row[0] for row in reading.rows("SELECT text FROM note ORDER BY number")]
