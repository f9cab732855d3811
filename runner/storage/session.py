"""One SQLite connection of ours, opened with the settings that make it durable."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runner.errors import StoreFailed
from runner.storage.failures import DAMAGE_HINT
from runner.storage.locks import FOLDER_HINT
from runner.storage.protocol import Row, Value

APPLICATION_ID = 0x52554E52
"""Marks our files ("RUNR"), so that we never put our tables into another program's database."""

_READ_ONLY_FOLDER = (sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_CANTOPEN)


class Session:
    """A connection that begins and ends transactions only when told to."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, inode: int, *, frozen: bool = False
    ) -> None:
        self._connection = connection
        self._path, self._inode = path, inode
        self.frozen = frozen
        """What the file was at one moment; good for one look only."""

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        found: Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._connection.execute(sql, parameters).lastrowid or 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._connection.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # a full disk can have ended all of it already
                self._connection.execute("ROLLBACK TO step")
                self._connection.execute("RELEASE step")
            raise
        self._connection.execute("RELEASE step")

    def version(self) -> int:
        """Changes whenever another connection, of whatever process, has committed something."""
        row = self.row("PRAGMA data_version")
        return row[0] if row else 0

    def begin(self, *, writing: bool) -> None:
        self._connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def mark_as_ours(self) -> None:
        """Part of the open transaction, as everything else is."""
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def only_read(self) -> None:
        """From now on nothing can be written, also not in memory."""
        self._connection.execute("PRAGMA query_only = ON")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def is_stale(self) -> bool:
        """Whether the file was deleted or replaced since: what we would write there, nobody would find."""
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True


def is_missing(path: Path) -> bool:
    """Whether there is no such file. One that cannot be seen is there: opening it tells why."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def open_for_writing(path: Path, *, timeout_s: float, check: bool = False) -> Session:
    """Open the file, made if it is missing (0600); with `check` its pages are looked through first.

    Raises:
        StoreFailed: it is damaged or another program's, or this disk cannot keep a write-ahead log.
        sqlite3.Error: it cannot be opened.
    """
    _make_file(path)
    session = _connect(path, "rw", timeout_s)
    try:
        refuse_foreign(session, path)
        make_durable(session, path)
        if check:
            _look_through(session, path)
    except BaseException:
        session.close()
        raise
    return session


def open_for_reading(path: Path, *, timeout_s: float) -> Session:
    """Open the file so that nothing can be written and closing it never moves its log (no turn is needed).

    Raises: sqlite3.Error.
    """
    session = _connect(path, "ro", timeout_s)
    try:
        session.row("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError as error:
        session.close()
        if error.sqlite_errorcode not in _READ_ONLY_FOLDER or path.with_name(path.name + "-wal").exists():
            raise
        # Nobody can write in this folder and no log is there: the file alone is the whole truth.
        return _connect(path, "ro&immutable=1", timeout_s)
    except BaseException:
        session.close()
        raise
    return session


def of_memory(content: bytes | bytearray, path: Path) -> Session:
    """A look at the `content` of a database, or at an empty one; `path` is what the messages name.

    Raises: sqlite3.Error.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        if content:
            connection.deserialize(content)
    except BaseException:
        connection.close()
        raise
    return Session(connection, path, 0, frozen=True)


def _connect(path: Path, mode: str, timeout_s: float) -> Session:
    try:
        inode = path.stat().st_ino
    except OSError as error:
        raise StoreFailed(f"{path}: cannot be opened: {error.strerror}", hint=FOLDER_HINT) from error
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    return Session(connection, path, inode, frozen="immutable" in mode)


def _make_file(path: Path) -> None:
    try:
        # Only a file that was not there: closing one that SQLite has open would drop SQLite's own locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreFailed(f"{path}: cannot be made: {error.strerror}", hint=FOLDER_HINT) from error


def refuse_foreign(session: Session, path: Path) -> None:
    """Raises: StoreFailed if it is another program's."""
    ours = session.row("PRAGMA application_id") == (APPLICATION_ID,)
    if not ours and session.row("SELECT 1 FROM sqlite_master") is not None:
        raise StoreFailed(f"{path}: belongs to another program", hint="move it away; a new one is made")


def make_durable(session: Session, path: Path) -> None:
    """Every commit is flushed before it counts. Raises: StoreFailed if the disk cannot keep a write-ahead log."""
    if session.row("PRAGMA journal_mode = WAL") != ("wal",):
        raise StoreFailed(
            f"{path}: this disk cannot keep a write-ahead log",
            hint="a network drive? move the state to a local disk with XDG_STATE_HOME",
        )
    for setting in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
        session.run(f"PRAGMA {setting}")


def _look_through(session: Session, path: Path) -> None:
    if (answer := session.row("PRAGMA quick_check(1)")) != ("ok",):
        raise StoreFailed(f"{path}: is damaged ({answer and answer[0]})", hint=DAMAGE_HINT)
