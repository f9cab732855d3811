"""One value that tells every step of a run to stop, and why: the first reason wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from runner.errors import Stopped


class StopReason(StrEnum):
    """Why a run must end before its work is done."""

    LEASE_LOST = "lease_lost"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    DEADLINE = "deadline"
    TOKENS = "tokens"
    WHO_PAYS = "who_pays"


_EXIT_CODES = {
    StopReason.LEASE_LOST: 3,
    StopReason.CANCELLED: 130,
    StopReason.INTERRUPTED: 130,
    StopReason.DEADLINE: 1,
    StopReason.TOKENS: 1,
    StopReason.WHO_PAYS: 5,
}


class Stop:
    """Set once, read everywhere; safe to use from several threads and from a signal handler."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason: StopReason | None = None
        self._detail = ""
        self._callbacks: list[Callable[[], None]] = []

    @property
    def reason(self) -> StopReason | None:
        """The first reason given, or None while the run may go on."""
        return self._reason

    @property
    def detail(self) -> str:
        """One line about the reason, for people; empty if none was given."""
        return self._detail

    def set(self, reason: StopReason, detail: str = "") -> bool:
        """Ask everyone to stop. Returns whether this was the first reason (later ones change nothing)."""
        # No lock: a signal handler may interrupt a thread that holds it. Setting _reason twice in a
        # race is harmless as long as the event is set after it.
        if self._reason is not None:
            return False
        self._reason, self._detail = reason, detail
        self._event.set()
        for callback in tuple(self._callbacks):
            callback()
        return True

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep up to `timeout_s` seconds, less when stopped. Returns whether it was stopped."""
        return self._event.wait(timeout_s)

    def check(self) -> None:
        """Raise `Stopped` if a reason was given; called before every outside effect."""
        if self._reason is not None:
            raise Stopped(
                f"stopped: {self._detail or self._reason.value.replace('_', ' ')}",
                reason=self._reason.value,
                exit_code=_EXIT_CODES[self._reason],
            )

    def on_set(self, callback: Callable[[], None]) -> None:
        """Call `callback` when a reason is given (at once if one was); it must not block or raise."""
        self._callbacks.append(callback)
        if self.is_set():
            callback()

    def forget(self, callback: Callable[[], None]) -> None:
        """Undo one `on_set`; no error if it was never given."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)
