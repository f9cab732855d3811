"""Ctrl-C and its kin, as the `Stop` that everything below obeys."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from runner.errors import EXIT_INTERRUPTED
from runner.process.stop import Stop, StopReason

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AT_ONCE = signal.SIGUSR1
"""What `runner stop --now` sends: no shell has it ignored in what it starts in the background, as it has SIGINT."""
TWICE_AFTER_S = 0.1
"""What comes sooner is the same Ctrl-C: programs that start us pass on what the terminal has told us already."""

STOPPING = b"\nstopping ... (Ctrl-C again ends it at once)\n"
DELIVERS_FIRST = b"\nthe work is done: delivering it before it stops ... (Ctrl-C again ends it at once)\n"


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C, SIGTERM and SIGHUP ask for an end in good order: finish the step, charge, give back, clean up.

    A run whose work is done hears it when that is delivered. A second Ctrl-C, or `runner stop --now`, ends this process
    at once, and with it its children; what a run had recorded is gone on with later.
    """
    stop = Stop()
    watched = sys.stderr is not None and sys.stderr.isatty()
    asked_at: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        now = time.monotonic()
        if number != AT_ONCE and not asked_at:
            asked_at.append(now)
            stop.set(StopReason.INTERRUPTED, "interrupted")
            if watched:
                _say(DELIVERS_FIRST if stop.is_put_off else STOPPING)
        elif number == AT_ONCE or (number == signal.SIGINT and now - asked_at[0] >= TWICE_AFTER_S):
            _say(b"\nended at once; an unfinished run is gone on with by `runner claim` or `runner resume`\n")
            os._exit(EXIT_INTERRUPTED)

    # What a parent has switched off stays so: `nohup runner claim --loop &` outlives its terminal.
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in (*heard, AT_ONCE)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(words: bytes) -> None:
    with suppress(OSError):
        # Not through `sys.stderr`: whom we interrupt may hold its lock.
        os.write(2, words)
