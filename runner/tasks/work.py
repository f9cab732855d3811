"""What every command is carried out with: the open transaction, and the time and chance of this batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from runner.storage.protocol import Writing
from runner.storage.times import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`now` and `ageing` are microseconds; `jitter` gives a number from 0 to 1."""

    tx: Writing
    now: int
    ageing: int
    jitter: Callable[[], float]

    @property
    def moment(self) -> datetime:
        return moment(self.now)
