"""A look at a database that nobody has open: its pages in memory, so that looking leaves no trace on the disk."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from runner.errors import StoreFailed
from runner.storage.locks import FOLDER_HINT
from runner.storage.session import Session, is_missing, of_memory

LIMIT_BYTES = 32 * 1024 * 1024
"""What is read in about a tenth of a second; a bigger file is opened in place."""

_MAGIC = b"SQLite format 3\x00"
_VERSIONS = slice(18, 20)
"""Where the header says that there is a write-ahead log (2) or none (1); memory has none."""


def empty_snapshot(path: Path) -> Session:
    """What a database that was never made has to tell: nothing."""
    return of_memory(b"", path)


def take_snapshot(path: Path) -> Session | None:
    """The whole file as it is now; None if only opening it in place can tell: a log beside it, or it is too big.

    To be called while no writer has the turn, and while this process has the file not open: closing it here would
    drop SQLite's own locks.

    Opening in place is not without a trace, and cannot be: whoever reads a log that another process has open marks
    in `-shm` how far, so that what is being read is not overwritten, and whoever finds a log that was left by a
    killed process rebuilds `-shm` from it. Both files are there already, or are lost without harm.

    Raises:
        StoreFailed: the file cannot be read.
    """
    if _has_log(path):
        return None
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > LIMIT_BYTES:
                return None
            content = bytearray(size)
            if file.readinto(content) != size:
                return None
    except OSError as error:
        raise StoreFailed(f"{path}: cannot be opened: {error.strerror}", hint=FOLDER_HINT) from error
    if content.startswith(_MAGIC):
        content[_VERSIONS] = b"\x01\x01"
    try:
        return of_memory(content, path)
    except (sqlite3.Error, MemoryError):
        return None


def _has_log(path: Path) -> bool:
    """An empty log is what a reader leaves behind. One that cannot be seen is there: opening it tells why."""
    log, journal = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
    try:
        return not is_missing(journal) or (not is_missing(log) and log.stat().st_size > 0)
    except OSError:
        return True
