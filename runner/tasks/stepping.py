"""Steps of the clock on the wall: what lasts so and so long goes on lasting so long, and the queue keeps its order.

Leases and pauses are kept as times of that clock, which a person or a time service may set. A second clock, which
nobody can set and which all processes of a machine share, tells by how much it was set: then these times move along.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from runner.storage.times import seconds
from runner.tasks.model import ParkedFor
from runner.tasks.transitions import BACKOFF_CAP_S
from runner.tasks.work import Work

STEP = seconds(5.0)
"""Less than that is a clock that is steered gently, and is not worth a word."""

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_OPEN = "status IN ('pending', 'in_progress', 'blocked')"
_KEEPS_ITS_TIME = f"parked_for = '{ParkedFor.LIMIT}' AND not_before > ?"
"""The reset of a usage limit is a time that others have named: it stays what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """A reading of the clock that nobody sets: microseconds since `boot`; two boots cannot be compared."""

    boot: str
    reading: int


def steady_now() -> Steady:
    """This machine's, which also runs while it sleeps (elsewhere than on Linux the monotonic one does)."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Steady(boot=_boot_id(), reading=time.clock_gettime_ns(clock) // 1000)


def _boot_id() -> str:
    try:
        with open(_BOOT_ID, encoding="ascii") as file:  # noqa: PTH123 - a claim does without pathlib
            return file.read().strip()
    except OSError:
        return ""


def follow(work: Work, steady: Steady) -> None:
    """Look whether the clock was set since the last transaction, and move what lasts along with it."""
    before = work.tx.row("SELECT boot, steady, wall FROM task_clock")
    if before is None:
        _remember(work, steady)
    elif before[0] != steady.boot or steady.reading < before[1]:
        _remember(work, steady)
        _bound(work)
    else:
        step = (work.now - before[2]) - (steady.reading - before[1])
        if abs(step) >= STEP:
            _remember(work, steady)
            _move(work, step)
            _bound(work)


def _remember(work: Work, steady: Steady) -> None:
    work.tx.run("DELETE FROM task_clock")
    work.tx.run(
        "INSERT INTO task_clock (one, boot, steady, wall) VALUES (1, ?, ?, ?)",
        (steady.boot, steady.reading, work.now),
    )


def _move(work: Work, step: int) -> None:
    """The clock was set by `step`: what is open is as far from now as it was."""
    before = work.now - step
    work.tx.run(
        f"UPDATE task SET lease_until = lease_until + ? WHERE {_OPEN} AND lease_until IS NOT NULL",  # noqa: S608
        (step,),
    )
    work.tx.run(
        "UPDATE task SET ready_at = ready_at + ?, order_key = order_key + ?, not_before = not_before + ?"  # noqa: S608
        f" WHERE {_OPEN} AND NOT ({_KEEPS_ITS_TIME})",
        (step, step, step, before),
    )


def _bound(work: Work) -> None:
    """Whatever is known of the clock, nothing lasts longer than it may; after a start of the machine that is all."""
    work.tx.run(
        "UPDATE task SET lease_until = ? + lease WHERE status = 'in_progress' AND lease_until > ? + lease",
        (work.now, work.now),
    )
    latest = work.now + seconds(BACKOFF_CAP_S)
    work.tx.run(
        "UPDATE task SET not_before = ? WHERE status = 'pending' AND parked_for = ? AND not_before > ?",
        (latest, ParkedFor.RETRY.value, latest),
    )
