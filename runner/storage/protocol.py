"""The plug point for databases: a transaction takes SQL with `?` for each parameter, and nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Value = str | int | float | bytes | None
"""What a column can hold. Times are integer microseconds since 1970 UTC (`storage.times`)."""

Row = tuple[Any, ...]


class Reading(Protocol):
    """One consistent view of the database."""

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The first row of the answer, None if there is none."""
        ...

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows of the answer."""
        ...


class Writing(Reading, Protocol):
    """A transaction that sees its own changes; nobody else writes meanwhile."""

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Carry out one statement; returns how many rows it changed."""
        ...

    def insert(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Carry out one INSERT of one row; returns the number that the database gave it."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """What happens inside is undone if it raises; the exception goes on, the transaction stays."""
        ...


class Store(Protocol):
    """A database of ours; safe to use from several threads."""

    def transaction(self) -> AbstractContextManager[Writing]:
        """Everything inside is written durably when the block is left, or nothing if it raises.

        Raises:
            Busy: somebody else holds the database, longer than we wait.
            StoreFailed: it cannot be read or written; nothing of this block was acknowledged.
        """
        ...

    def read(self) -> AbstractContextManager[Reading]:
        """A view of what was committed before; no writer is kept waiting. Raises as `transaction`."""
        ...

    def version(self) -> Hashable:
        """Differs from an earlier answer once anything was committed since; costs microseconds, and no disk.

        Equal answers mean that a look finds what it found before; a store may also give a new one each time.
        Raises as `transaction`.
        """
        ...

    def close(self) -> None:
        """Let go of every file; a later use opens them again."""
        ...
