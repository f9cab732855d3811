"""What SQLite says when it fails, in our words: one line with what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import Busy, RunnerError, StoreFailed

_PRIMARY = 0xFF
"""The low byte of a result code is its kind; the rest is detail."""

_SPACE_HINT = "free some space and try again; nothing was lost"
_RIGHTS_HINT = "make the file and its folder writable for you, or move the state with XDG_STATE_HOME"
DAMAGE_HINT = "move it away and restore a backup, or save what is left with `sqlite3 FILE .recover`"

_WORDS = {
    sqlite3.SQLITE_FULL: ("the disk is full", _SPACE_HINT),
    sqlite3.SQLITE_READONLY: ("is read-only", _RIGHTS_HINT),
    sqlite3.SQLITE_PERM: ("may not be opened", _RIGHTS_HINT),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", _RIGHTS_HINT),
    sqlite3.SQLITE_NOTADB: ("is not a database", "move the file away; a new one is made"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", DAMAGE_HINT),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "check the disk, then try again"),
    sqlite3.SQLITE_PROTOCOL: ("cannot be locked", "it must be on a local disk, not on a network drive"),
    sqlite3.SQLITE_TOOBIG: ("cannot take a text that long", "make it shorter"),
    sqlite3.SQLITE_NOMEM: ("needs more memory than there is", "free some memory and try again"),
}
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def in_our_words(error: sqlite3.Error, path: Path) -> RunnerError | None:
    """The failure to raise instead; None for what can only be a bug of ours (a wrong statement, a broken rule)."""
    if is_locked(error):
        return Busy(
            f"{path} is locked by another program",
            hint="close whatever has it open (a backup, a database browser) and try again",
        )
    kind = _kind(error)
    if kind not in _WORDS:
        return None
    what, hint = _WORDS[kind]
    return StoreFailed(f"{path}: {what} ({error})", hint=hint)


def is_locked(error: sqlite3.Error) -> bool:
    """Whether only another program stood in the way."""
    return _kind(error) in _LOCKED


def _kind(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


@contextmanager
def our_words(path: Path) -> Iterator[None]:
    """SQLite's failures inside the block leave it as ours. Raises: Busy, StoreFailed."""
    try:
        yield
    except sqlite3.Error as error:
        known = in_our_words(error, path)
        if known is None:
            raise
        raise known from error
