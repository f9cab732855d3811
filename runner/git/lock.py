"""One run at a time works on a clone; whoever waits for it can be told to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import Busy
from runner.file_lock import one_holder
from runner.process.stop import Stop


@contextmanager
def locked(path: Path, *, timeout_s: float, stop: Stop | None = None) -> Iterator[None]:
    """Hold the lock file `path` (made if it is missing) inside of the `with` block.

    Raises:
        Busy: another process held it for `timeout_s` seconds.
        Stopped: `stop` was set while waiting.
        StoreFailed: the file cannot be made or opened.
    """
    stop = stop or Stop()

    def pause(seconds: float) -> None:
        stop.wait(seconds)
        stop.check()

    busy = Busy(
        f"another runner has been working on {path.stem} for {timeout_s:g} seconds",
        hint="try again when it is done",
    )
    with one_holder(path, busy=busy, timeout_s=timeout_s, pause=pause):
        yield
