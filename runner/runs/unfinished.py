"""Going on with the unfinished runs of this repository before anything new is begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runner.errors import Busy, OutsideTrouble, RunnerError, TryLater
from runner.process.stop import Stop
from runner.runs.facts import object_of
from runner.runs.listing import unfinished
from runner.runs.model import RunReport
from runner.runs.policy import Policy
from runner.runs.record import RunRecord
from runner.runs.resume import go_on
from runner.runs.run import Tools
from runner.runs.waiting import waits_until
from runner.tasks.model import Outcome

Again = Callable[[RunRecord], tuple[Tools, Policy]]
"""What a run is gone on with: the tools and the policy of its own base commit."""


def go_on_with_earlier(
    tools: Tools,
    again: Again,
    *,
    agent_id: str,
    stop: Stop,
    tell: Callable[[str], None],
    task_id: str | None = None,
) -> RunReport | None:
    """See unfinished runs of this agent in this repository through; the report of the first that had asked Claude.

    With `task_id` the others are seen through as well, and only that task's report is returned. What cannot be gone
    on with now is told and left for later.
    """
    for record in unfinished(tools.runs):
        if not isinstance(record.data.get("clone"), str):
            tell(f"{record.run_id} is left alone: its record does not say which repository it belongs to")
            continue
        if not _is_ours(record, tools, agent_id) or _has_to_wait(record, tools.now()):
            continue
        halted = _was_interrupted(record)
        report = _try(again, record, stop, tell)
        if report is not None and halted and report.outcome is Outcome.CANCELLED and not stop.is_set():
            tell(f"{record.run_id} was stopped: {report.task_id} is given back, and can be claimed again")
        elif report is not None and task_id in (None, report.task_id):
            return report
    return None


def _try(again: Again, record: RunRecord, stop: Stop, tell: Callable[[str], None]) -> RunReport | None:
    try:
        tools, policy = again(record)
        report = go_on(tools, policy, record, stop)
    except Busy:
        return None  # it is at work in another process
    except (OutsideTrouble, TryLater) as later:
        tell(f"{record.run_id} is still unfinished: {later}")
        return None
    if report is None:
        tell(f"{record.run_id} was killed before it asked claude: undone")
    return report


def _is_ours(record: RunRecord, tools: Tools, agent_id: str) -> bool:
    return record.data.get("clone") == str(tools.clone.path) and record.data.get("agent_id") == agent_id


def _was_interrupted(record: RunRecord) -> bool:
    """Whether claude was stopped by a Ctrl-C, and a second one kept the run from saying so."""
    answer = object_of(record.data.get("conversation"))
    return answer.get("outcome") == Outcome.CANCELLED.value and not record.data.get("waiting")


def _has_to_wait(record: RunRecord, now: datetime) -> bool:
    until = waits_until(record)
    return until is not None and until > now


def must_belong_here(record: RunRecord, tools: Tools) -> None:
    """Raises: RunnerError if the run was made in another repository than the one `tools` work in."""
    if record.data.get("clone") != str(tools.clone.path):
        raise RunnerError(
            f"{record.run_id} belongs to another repository",
            hint=f"go to {record.data.get('checkout')} and try again there",
        )
