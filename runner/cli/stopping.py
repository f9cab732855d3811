"""Ctrl-C and its kin, as the `Stop` that everything below obeys."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runner.process.stop import Stop, StopReason

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C, SIGTERM and SIGHUP ask for an end in good order: charge, give back, clean up."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        stop.set(StopReason.INTERRUPTED, "interrupted")

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
