"""A delivery that cannot be made now: the work is kept, the task is parked, and the run is gone on with later."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from runner.errors import (
    ChildTimedOut,
    DeliveryWaits,
    GhFailed,
    GitFailed,
    LeaseLost,
    LeaseUnconfirmed,
    RunnerError,
    Stopped,
)
from runner.git.push_faults import PASSES_BY_ITSELF, PushFailed
from runner.git.rescue import rescue_change, rescue_commit, rescue_hint
from runner.git.work_tree import WorkTree
from runner.runs import ending
from runner.runs.facts import object_of, time_of, whole_of
from runner.runs.record import RunRecord
from runner.runs.run import Run
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")

DELIVERY_TROUBLE = (GhFailed, GitFailed, ChildTimedOut, LeaseUnconfirmed)
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0
PARK_BEYOND_S = 120.0
"""The task is parked a little longer than the delivery waits, so that this run is the first to come back."""


def is_passing(error: RunnerError) -> bool:
    """Whether time alone may mend it; anything else needs a person."""
    if isinstance(error, GhFailed):
        return error.kind == "later"
    if isinstance(error, PushFailed):
        return error.fault in PASSES_BY_ITSELF
    return isinstance(error, (ChildTimedOut, LeaseUnconfirmed))


def keep_work(run: Run) -> str:
    """Keep the commit on a hidden ref of the private clone; the words that tell the way back to it."""
    if not run.commits:
        return ""
    try:
        rescue_commit(run.tools.clone.ground, run.run_id, run.commits[-1])
    except GitFailed as error:
        log.warning("the work of %s could not be kept: %s", run.run_id, error)
        return ""
    return _way_back(run)


def keep_change(run: Run, tree: WorkTree) -> str:
    """The same for a change that could not be committed the usual way: it is kept without hooks and signature."""
    try:
        if rescue_change(tree, run.run_id, run.base.commit_id, f"{run.task.id}: {run.run_id}") is None:
            return ""
    except RunnerError as error:
        log.warning("the work of %s could not be kept: %s", run.run_id, error)
        return ""
    return _way_back(run)


def still_kept(run: Run, outcome: Outcome) -> str:
    """The same for a commit that waited and will not be delivered: the task was called off, or is another's."""
    gone = outcome in {Outcome.CANCELLED, Outcome.LEASE_LOST} and run.record.data.get("waiting")
    return keep_work(run) if gone else ""


def _way_back(run: Run) -> str:
    way_back = rescue_hint(run.tools.clone.path, run.run_id, top=run.tools.checkout.top)
    return f"The work is kept: `{way_back}` brings it into your checkout."


def let_it_wait(run: Run, error: RunnerError) -> DeliveryWaits:
    """Settle what was spent, park the task, and note when to go on; returns what to tell the person.

    Should the queue be out of reach too, the lease runs out by itself, and the run tries to renew it when it comes
    back. A run that was `Stopped` does not wait for a time: the next claim goes on with it.
    """
    tries = whole_of(object_of(run.record.data.get("waiting")).get("tries"))
    retry_at = error.retry_at if isinstance(error, GhFailed) else None
    until = None
    if not isinstance(error, Stopped):
        tries += 1
        until = retry_at or run.tools.now() + timedelta(seconds=pause_s(tries))
    run.record.note(
        waiting={"cause": str(error), "until": until.isoformat() if until else None, "tries": tries}
    )
    ending.settle(run, Outcome.DONE)
    kept = keep_work(run)
    _park(run, error, until)
    when = f" after {until:%H:%M} UTC, " if until else ", "
    waits = DeliveryWaits(
        f"{run.run_id}: the work is done, but not delivered: {error}",
        hint=f"`runner resume {run.run_id}`, or the next `runner claim`{when}delivers it. {kept}".rstrip(),
        retry_at=retry_at,
    )
    if isinstance(error, Stopped):
        waits.exit_code = error.exit_code
    return waits


def _park(run: Run, error: RunnerError, until: datetime | None) -> None:
    """Give the task back for later; one that cannot be comes back when its lease has run out."""
    seconds = max(0.0, (until - run.tools.now()).total_seconds()) if until else 0.0
    lease = run.heartbeat.lease if run.heartbeat else run.lease
    note = f"{run.run_id} waits to deliver: {error}"
    try:
        run.tools.claims.release(lease, note=note, park_s=seconds + PARK_BEYOND_S)
    except LeaseLost as lost:
        log.info("%s was not given back: %s", run.task.id, lost)
    except RunnerError as unreachable:
        log.warning("%s could not be given back: %s", run.task.id, unreachable)


def report_waits(run: Run, error: RunnerError) -> DeliveryWaits:
    """What to tell the person when the queue cannot hear of the ending: all else is done, the run stays unfinished."""
    made = f"; {run.pull_request} is open" if run.pull_request else ""
    return DeliveryWaits(
        f"{run.run_id}: it has ended, but the queue cannot be told: {error}{made}",
        hint=f"`runner resume {run.run_id}`, or the next `runner claim`, tells it; claude is not asked again",
    )


def pause_s(tries: int) -> float:
    """How long to wait after the nth try, from 1: a minute, then twice as long each time, up to an hour."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries - 1, 30))


def waits_until(record: RunRecord) -> datetime | None:
    """When the delivery of an unfinished run is to be tried again; None when it does not wait."""
    return time_of(object_of(record.data.get("waiting")).get("until"))
