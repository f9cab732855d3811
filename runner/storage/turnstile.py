"""Who may touch the database now: a fair turn for each writer, or one holder for itself alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import Busy
from runner.storage.locks import LockFile


class Turnstile:
    """Two locks, passed one after the other: whoever leaves queues up behind whoever waits.

    SQLite's own waiting is unfair (one of 8 processes got 1 turn while another got 5,399), and a lock around
    every write and checkpoint also keeps off the log-reset race of the libraries before 3.51.3.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._first = LockFile(database.with_name(database.name + ".lock.a"))
        self._second = LockFile(database.with_name(database.name + ".lock.b"))

    @contextmanager
    def passage(self, timeout_s: float) -> Iterator[None]:
        """Hold the turn inside the block. Raises: Busy after `timeout_s` seconds, StoreFailed."""
        deadline = time.monotonic() + timeout_s
        if not self._first.take(deadline):
            raise self._busy()
        try:
            passed = self._second.take(deadline)
        finally:
            self._first.give_back()
        if not passed:
            raise self._busy()
        try:
            yield
        finally:
            self._second.give_back()

    def close(self) -> None:
        self._first.close()
        self._second.close()

    def _busy(self) -> Busy:
        # Whoever works holds the second lock; a waiter at the first is not the one to name.
        pid = self._second.note()
        holder = f"process {pid}" if pid else "another process"
        return Busy(
            f"{self._database} is in use by {holder}",
            hint="try again; if that process hangs, end it",
        )


class Pause:
    """A moment without writers, for whoever only looks: nothing is made, nobody is waited for."""

    def __init__(self, database: Path) -> None:
        # Who has the second lock works. Without that file nobody ever wrote here.
        self._lock = LockFile(database.with_name(database.name + ".lock.b"), existing=True)

    @contextmanager
    def now(self) -> Iterator[bool]:
        """Whether no writer works inside the block; False, at once, if one does."""
        free = self._lock.take(0.0, shared=True)
        try:
            yield free
        finally:
            self._lock.close()


class Ownership:
    """Whether one process has taken the whole database for itself, as a server does while it runs.

    With `reading` no lock file is ever made, so that reading works on a read-only disk.
    """

    def __init__(self, database: Path, *, reading: bool = False) -> None:
        self._database = database
        self._lock = LockFile(database.with_name(database.name + ".lock.owner"), existing=reading)

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Be one of many inside the block. Raises: Busy, at once, while there is an owner."""
        if not self._lock.take(0.0, shared=True):
            raise Busy(
                f"{self._database} is held by process {self._lock.note()}",
                hint="set `url` to that server, or stop it first",
            )
        try:
            yield
        finally:
            self._lock.give_back()

    def take(self, who: str, timeout_s: float) -> None:
        """Become the owner, until `close`; visitors are told `who` that is. Raises: Busy, StoreFailed."""
        if not self._lock.take(time.monotonic() + timeout_s, note=who):
            raise Busy(
                f"{self._database} is in use by another process",
                hint="only one server can hold a database; wait for the other one, or stop it",
            )

    def close(self) -> None:
        self._lock.close()
