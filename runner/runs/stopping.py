"""Ending a run that another process works on, as Ctrl-C at its terminal would; also one in the background."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from runner.allowance.holder import is_alive
from runner.errors import Busy, OutsideTrouble, UsageProblem
from runner.runs.listing import unfinished
from runner.runs.overview import overview_of
from runner.runs.places import holder_of
from runner.runs.record import RunRecord, open_run
from runner.tasks.model import Outcome

AGAIN_S = 0.2
"""Between two signals to a run that is to end now: one may go astray while its process begins or ends something."""
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRun:
    """What came of it. `ended` is False when it was still finishing its step after the time one waits."""

    run_id: str
    ended: bool
    unfinished: bool = False
    """Its process ended before the run did: there is something to go on with."""
    outcome: Outcome | None = None
    """What the run came to, if it came to its end: `done` when its work was being delivered."""


def stop_run(runs: Path, run_id: str | None, *, now: bool, wait_s: float = 60.0) -> StoppedRun:
    """Ask the run to end, and wait until it has; with `now` it does not finish its step and can be resumed.

    Raises:
        UsageProblem: no run, or none that is at work, or several and none named.
        OutsideTrouble: its process belongs to somebody else.
    """
    record = _named(runs, run_id) if run_id else _only_one(runs)
    pid = _process_of(record)
    until = time.monotonic() + wait_s
    # Not politely first: what had half an end in good order could not be gone on with.
    how = signal.SIGUSR1 if now else signal.SIGTERM
    _signal(pid, how)
    while now and not _wait(record, min(AGAIN_S, wait_s)) and time.monotonic() < until:
        _signal(pid, how)
    ended = _wait(record, until - time.monotonic())
    over = overview_of(record.folder) if ended and (record.folder / "run.json").exists() else None
    return StoppedRun(
        run_id=record.run_id,
        ended=ended,
        unfinished=over is not None and over.report is None,
        outcome=over.outcome if over and over.report is not None else None,
    )


def at_work(runs: Path) -> tuple[RunRecord, ...]:
    """Runs that a living process works on, oldest first."""
    return tuple(record for record in unfinished(runs) if not is_free(record))


def is_free(record: RunRecord) -> bool:
    """Whether nobody works on the run."""
    try:
        record.hold()
    except Busy:
        return False
    record.let_go()
    return True


def _named(runs: Path, run_id: str) -> RunRecord:
    record = open_run(runs, run_id)
    if is_free(record):
        raise UsageProblem(f"{record.run_id} is not at work", hint=f"`runner runs show {record.run_id}`")
    return record


def _only_one(runs: Path) -> RunRecord:
    found = at_work(runs)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageProblem("no run is at work", hint="`runner runs` lists those of the past")
    names = ", ".join(record.run_id for record in found)
    raise UsageProblem(f"several runs are at work: {names}", hint="name the one to end")


def _process_of(record: RunRecord) -> int:
    holder = holder_of(record)
    if not holder.pid or not is_alive(holder):
        raise OutsideTrouble(
            f"{record.run_id}: the process that works on it cannot be seen from here",
            hint="end it where it was started",
        )
    return holder.pid


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise OutsideTrouble(f"process {pid} belongs to somebody else", hint="end it as that user") from error


def _wait(record: RunRecord, wait_s: float) -> bool:
    """Whether the run was free before the time was over."""
    until = time.monotonic() + wait_s
    while not (free := is_free(record)) and time.monotonic() < until:
        time.sleep(_LOOK_S)
    return free
