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
        # Bare locks, no `Event`: its `set` would wait for ever in a signal handler that has interrupted its `wait`.
        self._given = threading.Lock()
        self._gate = threading.Lock()
        self._gate.acquire()
        self._reason: StopReason | None = None
        self._detail = ""
        self._callbacks: list[Callable[[], None]] = []
        self._unheard: StopReason | None = None
        self._waiting: tuple[StopReason, str] | None = None

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
        if reason is self._unheard:
            return self._put_by(reason, detail)
        if not self._given.acquire(blocking=False):
            return False
        self._detail = detail
        self._reason = reason
        self._gate.release()
        for callback in tuple(self._callbacks):
            callback()
        return True

    def put_off(self, reason: StopReason) -> None:
        """From now on `reason` waits until `hear`; any other is heard at once, and wins."""
        self._unheard = reason

    def hear(self) -> None:
        """The end of `put_off`: what was said meanwhile counts now. A second time changes nothing."""
        self._unheard = None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.set(*waiting)

    @property
    def is_put_off(self) -> bool:
        """Whether a reason was given that waits to be heard."""
        return self._waiting is not None

    def _put_by(self, reason: StopReason, detail: str) -> bool:
        first = self._waiting is None and not self.is_set()
        self._waiting = self._waiting or (reason, detail)
        if self._unheard is None:  # it was to be heard in this very moment
            self.hear()
        return first

    def is_set(self) -> bool:
        return self._reason is not None

    def wait(self, timeout_s: float) -> bool:
        """Sleep up to `timeout_s` seconds, less when stopped. Returns whether it was stopped."""
        if self._gate.acquire(timeout=min(max(timeout_s, 0.0), threading.TIMEOUT_MAX)):
            self._gate.release()  # open for the next who waits
        return self.is_set()

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
