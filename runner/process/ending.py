"""When a child has to end and what is done about it: the stop ladder, climbed one rung at a time."""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass
from enum import IntEnum

from runner.errors import OutsideTrouble
from runner.process.launch import Launched
from runner.process.stop import Stop


class Rung(IntEnum):
    """What has been tried, in this order."""

    INTERRUPT = 0
    """SIGINT: claude writes its result line and ends its tools."""
    TERMINATE = 1
    """SIGTERM."""
    KILL = 2
    """SIGKILL, to the child and all that is left of it."""
    FORCE = 3
    """The supervisor did not answer either: it is killed too, and its descendants are looked for from here."""
    GIVE_UP = 4
    """Nothing helps: the process is in the kernel's hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """How many seconds each rung may take to work before the next one is tried."""

    interrupt_s: float = 5.0
    terminate_s: float = 5.0
    kill_s: float = 8.0
    force_s: float = 8.0

    def after(self, rung: Rung) -> float:
        return (self.interrupt_s, self.terminate_s, self.kill_s, self.force_s, 0.0)[rung]


class Ending:
    """Watches one child's deadline, silence and `Stop`. Times are monotonic seconds and come in."""

    def __init__(self, launched: Launched, *, deadline: float, stop: Stop, grace: Grace) -> None:
        self.timed_out = False
        self.stopped = False
        self.silent_s = 0.0
        """How long it had said nothing when it was ended for that; 0 if it was not."""
        self.wanted = False
        """Set by whoever wants the child to end for a reason of their own."""
        self._launched = launched
        self._deadline = deadline
        self._stop = stop
        self._grace = grace
        self._rung: Rung | None = None
        self._next_at = deadline
        self._wanted_at = math.inf
        self._silence_limit_s = math.inf
        self._heard_at = 0.0
        self._is_silent = False

    def climb(self, now: float) -> None:
        """Take the next rung if there is a reason to and its time has come.

        Raises:
            OutsideTrouble: the last rung is reached, the child cannot be ended.
        """
        if self._rung is None:
            if self._has_reason(now):
                self._take(Rung.INTERRUPT, now)
        elif now >= self._next_at:
            self._take(Rung(min(self._rung + 1, Rung.GIVE_UP)), now)

    def kill(self, now: float) -> None:
        """Leave out the polite rungs."""
        if self._rung is None or self._rung < Rung.KILL:
            self._take(Rung.KILL, now)

    def want_by(self, at: float) -> None:
        """End it at this time if it has not ended by itself; of several times the first counts."""
        self._wanted_at = min(self._wanted_at, at)

    def limit_silence(self, seconds: float | None, now: float) -> None:
        """End it when nothing is heard for so long, counted from `now`; None: it may be silent."""
        self._silence_limit_s = math.inf if seconds is None else seconds
        self.hear(now)

    def hear(self, now: float) -> None:
        """It said something."""
        self._heard_at = now
        self._is_silent = False

    def listened(self, now: float) -> None:
        """All that it had said by `now` was heard: only who has listened may call it silent."""
        self._is_silent = now >= self._heard_at + self._silence_limit_s

    def next_in(self, now: float) -> float:
        """Seconds until `climb` may have something to do by itself; a `Stop` can come sooner."""
        if self._rung is not None:
            return max(0.0, self._next_at - now)
        return max(0.0, min(self._deadline, self._wanted_at, self._heard_at + self._silence_limit_s) - now)

    def _has_reason(self, now: float) -> bool:
        self.stopped = self._stop.is_set()
        self.timed_out = not self.stopped and now >= self._deadline
        if self.stopped or self.timed_out:
            return True
        if self._is_silent:
            self.silent_s = now - self._heard_at
        return self._is_silent or self.wanted or now >= self._wanted_at

    def _take(self, rung: Rung, now: float) -> None:
        self._rung, self._next_at = rung, now + self._grace.after(rung)
        match rung:
            case Rung.INTERRUPT:
                self._launched.signal(signal.SIGINT)
            case Rung.TERMINATE:
                self._launched.signal(signal.SIGTERM)
            case Rung.KILL:
                self._launched.signal(signal.SIGKILL)
            case Rung.FORCE:
                self._launched.force()
            case _:
                raise OutsideTrouble(
                    f"process {self._launched.pid} does not end, not even by SIGKILL",
                    hint="it waits for a device or a network disk; look for it with `ps`",
                )
