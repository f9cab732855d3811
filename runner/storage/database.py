"""Our database in SQLite: fair turns for writers, flushed before it is acknowledged, readers never wait."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from runner.errors import Busy
from runner.storage.failures import is_locked, our_words
from runner.storage.migrations import Schema, is_current, migrate
from runner.storage.protocol import Reading, Writing
from runner.storage.session import Session, is_missing, open_for_reading, open_for_writing, refuse_foreign
from runner.storage.snapshot import empty_snapshot, take_snapshot
from runner.storage.turnstile import Ownership, Pause, Turnstile

TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 0.25


class Database:
    """A `Store` in one file, opened at the first use. Not to be used across a fork.

    Args:
        path: the file; made, with its folder, when it is missing.
        schemas: the tables that our capabilities need; brought up to date when the file is opened.
        timeout_s: how long to wait for a turn.
        alone_as: not empty: hold the file for this process alone, until `close`; others are told this name.
    """

    def __init__(
        self, path: Path, *, schemas: Sequence[Schema], timeout_s: float = TIMEOUT_S, alone_as: str = ""
    ) -> None:
        self.path = path
        self._schemas = tuple(schemas)
        self._timeout_s = timeout_s
        self._alone_as, self._owned = alone_as, False
        self._turnstile = Turnstile(path)
        self._ownership, self._reader_ownership = Ownership(path), Ownership(path, reading=True)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._writer: Session | None = None
        self._reader: Session | None = None
        self._suspect = False
        self._opened = 0
        """How many readers there were: the versions of two cannot be compared."""

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """See `Store.transaction`. A second one inside the first, in the same thread, only times out."""
        with self._thread_turn(self._writing), our_words(self.path), self._turn(self._timeout_s):
            session = self._opened_writer()
            try:
                session.begin(writing=True)
                yield session
                session.commit()
            except sqlite3.Error as error:
                # After a failed flush the system may call the lost pages clean: a second try would lie.
                self._suspect = not is_locked(error)
                self._drop_writer()
                raise
            except BaseException:
                session.roll_back()
                raise

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """See `Store.read`. Nothing is made or written on the disk while no other process has the file open."""
        with self._thread_turn(self._reading), our_words(self.path), self._visit(self._reader_ownership):
            session = self._snapshot() or self._opened_reader()
            session.begin(writing=False)
            try:
                yield session
            finally:
                session.roll_back()
                if session is not self._reader:
                    session.close()
                elif session.frozen:
                    self._drop_reader()

    def version(self) -> Hashable:
        """See `Store.version`."""
        with self._thread_turn(self._reading), our_words(self.path):
            if is_missing(self.path):
                return object()
            session = self._opened_reader()
            return object() if session.frozen else (self._opened, session.version())

    def close(self) -> None:
        """Let go of every file; a later use opens them again."""
        with self._reading:
            self._drop_reader()
            self._reader_ownership.close()
        with self._writing:
            if self._writer is not None:
                # The last one to close moves the log into the file, which is writing. Who gets no turn is not
                # the last one: somebody else is at work.
                with suppress(Busy), self._turn(_CLOSE_TIMEOUT_S):
                    self._drop_writer()
                self._drop_writer()
            self._turnstile.close()
            self._ownership.close()
            self._owned = False

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _turn(self, timeout_s: float) -> Iterator[None]:
        deadline = time.monotonic() + timeout_s
        if self._writer is None:
            from runner.paths import private_folder  # a reader never needs it

            private_folder(self.path.parent)
        if self._alone_as and not self._owned:
            self._ownership.take(self._alone_as, timeout_s)
            self._owned = True
        with self._visit(self._ownership), self._turnstile.passage(deadline - time.monotonic()):
            yield

    @contextmanager
    def _visit(self, ownership: Ownership) -> Iterator[None]:
        if self._owned:
            yield
            return
        with ownership.visit():
            yield

    @contextmanager
    def _thread_turn(self, lock: threading.Lock) -> Iterator[None]:
        if not lock.acquire(timeout=self._timeout_s):
            raise Busy(f"{self.path} is in use by another thread of this process", hint="try again")
        try:
            yield
        finally:
            lock.release()

    def _opened_writer(self) -> Session:
        if self._writer is not None and self._writer.is_stale():
            self._drop_writer()
        if self._writer is None:
            session = open_for_writing(self.path, timeout_s=self._timeout_s, check=self._suspect)
            try:
                self._migrate(session)
            except BaseException:
                session.close()
                raise
            self._writer, self._suspect = session, False
        return self._writer

    def _migrate(self, session: Session) -> None:
        if is_current(session, self._schemas, self.path):
            return
        session.begin(writing=True)
        session.mark_as_ours()
        migrate(session, self._schemas, self.path)
        session.commit()

    def _snapshot(self) -> Session | None:
        """What is on the disk now, with today's tables; None if the file must be opened in place."""
        if is_missing(self.path):
            session: Session | None = empty_snapshot(self.path)
        elif self._reader is not None:
            return None
        else:
            with Pause(self.path).now() as free:
                # A writer of ours has the file open; it cannot come up meanwhile, it needs the turn.
                session = take_snapshot(self.path) if free and self._writer is None else None
        if session is not None:
            try:
                refuse_foreign(session, self.path)
                self._migrate(session)
                session.only_read()
            except BaseException:
                session.close()
                raise
        return session

    def _opened_reader(self) -> Session:
        if self._reader is not None and self._reader.is_stale():
            self._drop_reader()
        if self._reader is None:
            self._reader = open_for_reading(self.path, timeout_s=self._timeout_s)
            self._opened += 1
            if not is_current(self._reader, self._schemas, self.path):
                self._bring_up_to_date()
        return self._reader

    def _bring_up_to_date(self) -> None:
        with self.transaction():
            return

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
