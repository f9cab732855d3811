"""Taking back a run that was killed before it asked Claude: it cost nothing, so nothing of it may stay."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from runner.allowance.holder import holder_of_this_process
from runner.errors import Conflict, LeaseLost, RunnerError, TryLater, UnknownTask, UsageProblem
from runner.runs.places import used_by
from runner.runs.run import Tools
from runner.runs.so_far import SoFar
from runner.tasks.model import Lease

log = logging.getLogger("runner.runs")


def undo(tools: Tools, so_far: SoFar) -> None:
    """Give task and allowance back, remove the work tree, forget the run; doing it again changes nothing.

    Raises:
        StoreFailed: queue or ledger cannot be told now; the run stays as it is.
    """
    lease = _lease(tools, so_far)
    if lease is not None:
        try:
            tools.claims.release(lease, note="given back: its runner was killed before it asked claude")
        except (LeaseLost, UnknownTask) as lost:
            log.info("%s was not given back: %s", lease.task_id, lost)
    for reservation_id in so_far.reservations:
        _release(tools, reservation_id)
    if so_far.has_work_tree:
        _clear(tools, so_far.work_tree, so_far.record.run_id)
    so_far.record.discard()


def _lease(tools: Tools, so_far: SoFar) -> Lease | None:
    """The right that the run has, if it got so far; who was killed while asking asks again to learn it."""
    if so_far.fence:
        return Lease(task_id=so_far.task_id, fence=so_far.fence, duration_s=0.0, taken_at=time.monotonic())
    if not so_far.requests:
        return None
    try:
        return tools.claims.claim(so_far.requests[-1]).lease
    except (Conflict, TryLater, UnknownTask, UsageProblem):
        return None  # it never got the task


def _release(tools: Tools, reservation_id: str) -> None:
    tools.ledger.adopt(reservation_id, holder_of_this_process())
    try:
        tools.ledger.release(reservation_id)
    except UsageProblem:
        log.info("%s was never held", reservation_id)


def _clear(tools: Tools, work_tree: Path, run_id: str) -> None:
    try:
        tools.clone.remove_work_tree(work_tree, unless=lambda: used_by(tools.runs, work_tree, but=run_id))
    except (RunnerError, OSError) as error:
        log.warning("the work tree %s could not be removed: %s", work_tree, error)
