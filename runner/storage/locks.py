"""A lock that lives in the kernel: it dies with its process, so that no stale one is ever left behind."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from runner.errors import StoreFailed

POLL_S = 0.001
"""Constant on purpose: a pause that grows would let the newest waiter win over the oldest."""

_NOTE_BYTES = 200


class LockFile:
    """One file to lock, opened at the first use. One instance is for one thread at a time.

    With `existing` the file is never made or written: a missing one counts as free.
    """

    def __init__(self, path: Path, *, existing: bool = False) -> None:
        self._path = path
        self._existing = existing
        self._file: int | None = None

    def take(self, deadline: float, *, shared: bool = False, note: str = "") -> bool:
        """Lock it; returns False when it was still locked at `deadline` (monotonic seconds; one try is always made).

        The note of an exclusive holder is kept in the file, for the message of whoever waits in vain.

        Raises:
            StoreFailed: the file cannot be opened or locked at all.
        """
        while not self._try(shared=shared):
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        if not shared:
            self._write_note(note)
        return True

    def give_back(self) -> None:
        """Unlock it; the file stays open, and on disk."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Unlock it and close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def note(self) -> str:
        """Process id and note of the last exclusive holder, as `4711 runner serve`; empty if it cannot be told."""
        try:
            return self._path.read_bytes()[:_NOTE_BYTES].decode(errors="replace").strip("\n \0")
        except OSError:
            return ""

    def _try(self, *, shared: bool) -> bool:
        try:
            file = self._opened()
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except FileNotFoundError as error:
            if self._existing:
                return True
            raise StoreFailed(f"{self._path}: its folder is gone", hint=FOLDER_HINT) from error
        except OSError as error:
            raise StoreFailed(
                f"{self._path}: cannot be locked: {error.strerror}", hint=FOLDER_HINT
            ) from error
        if os.fstat(file).st_nlink:
            return True
        self.close()  # it was deleted meanwhile: a lock on it keeps nobody out
        return self._try(shared=shared)

    def _opened(self) -> int:
        if self._file is None:
            flags = os.O_RDONLY if self._existing else os.O_RDWR | os.O_CREAT
            self._file = os.open(self._path, flags | os.O_CLOEXEC, 0o600)
        return self._file

    def _write_note(self, note: str) -> None:
        line = f"{os.getpid()} {note}".encode()[: _NOTE_BYTES - 1] + b"\n"
        with suppress(OSError):  # it only helps people: a full disk must not keep us from a lock that we hold
            os.pwrite(self._opened(), line.ljust(_NOTE_BYTES), 0)


FOLDER_HINT = "the folder must be on a local disk and belong to you"
