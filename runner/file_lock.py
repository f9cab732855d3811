"""One process at a time: a lock on a file or a folder, free again when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runner.errors import Busy, StoreFailed
from runner.paths import private_folder

WRITER_TIMEOUT_S = 10.0
_PAUSE_S = 0.01

Pause = Callable[[float], object]
"""Waits that many seconds; what it raises ends the waiting."""


@contextmanager
def one_writer(folder: Path, *, timeout_s: float = WRITER_TIMEOUT_S) -> Iterator[None]:
    """Keep other writers of the folder's files out while the block reads, changes and writes one.

    The folder itself is locked, so that no lock file stays behind. It is made if it is missing.

    Raises:
        Busy: another process did not let go within `timeout_s` seconds; 0 tries once.
        StoreFailed: the folder cannot be made or opened.
    """
    private_folder(folder)
    busy = Busy(f"another process is changing files in {folder}", hint="try again")
    with _held(folder, os.O_RDONLY | os.O_DIRECTORY, busy, timeout_s, time.sleep):
        yield


@contextmanager
def one_holder(path: Path, *, busy: Busy, timeout_s: float, pause: Pause = time.sleep) -> Iterator[None]:
    """Hold the lock file `path` inside of the block; it is made if it is missing, and stays.

    Raises:
        Busy: this `busy`, when another process did not let go within `timeout_s` seconds; 0 tries once.
        StoreFailed: the file cannot be made or opened.
    """
    private_folder(path.parent)
    with _held(path, os.O_RDWR | os.O_CREAT, busy, timeout_s, pause):
        yield


def try_lock(path: Path) -> int | None:
    """Lock the file `path`, which is made if it is missing; its descriptor, for `unlock`. None: it is in other hands.

    Raises:
        StoreFailed: the file cannot be made or opened.
    """
    return _taken(path, os.O_RDWR | os.O_CREAT)


def unlock(descriptor: int) -> None:
    """Let go of what `try_lock` gave."""
    # Closing alone would leave it to a child of ours that is between its fork and its exec.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


@contextmanager
def _held(path: Path, flags: int, busy: Busy, timeout_s: float, pause: Pause) -> Iterator[None]:
    deadline = time.monotonic() + timeout_s
    while (descriptor := _taken(path, flags)) is None:
        if time.monotonic() >= deadline:
            raise busy
        pause(_PAUSE_S)
    try:
        yield
    finally:
        unlock(descriptor)


def _taken(path: Path, flags: int) -> int | None:
    """The locked file, open; None if it is in other hands."""
    try:
        with ExitStack() as undo:
            descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
            undo.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_there(path, descriptor):
                undo.pop_all()
                return descriptor
    except BlockingIOError:
        return None
    except OSError as error:
        raise StoreFailed(
            f"{path} cannot be locked: {error.strerror}", hint="check its owner and mode"
        ) from error
    return None


def _is_still_there(path: Path, descriptor: int) -> bool:
    """A lock on a file that somebody removed meanwhile keeps nobody out."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
