"""One at a time: an exclusive lock on a file, free again when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import Busy
from runner.process.stop import Stop

_PAUSE_S = 0.02


@contextmanager
def locked(path: Path, *, timeout_s: float, stop: Stop | None = None) -> Iterator[None]:
    """Hold the lock at `path` (made if it is missing) inside of the `with` block.

    Raises:
        Busy: another process held it for `timeout_s` seconds.
        Stopped: `stop` was set while waiting.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stop = stop or Stop()
    deadline = time.monotonic() + timeout_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor):
            if time.monotonic() >= deadline:
                raise Busy(
                    f"another runner has been working on {path.stem} for {timeout_s:g} seconds",
                    hint="try again when it is done",
                )
            stop.wait(_PAUSE_S)
            stop.check()
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
