"""Going on with the unfinished runs of this repository before anything new is begun."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from runner.errors import Busy, OutsideTrouble, RunnerError, TryLater
from runner.process.stop import Stop
from runner.runs.facts import object_of, text_of
from runner.runs.listing import unfinished
from runner.runs.model import RunReport
from runner.runs.policy import Policy
from runner.runs.record import RunRecord
from runner.runs.resume import go_on
from runner.runs.run import Tools
from runner.runs.waiting import waits_until
from runner.tasks.model import FINAL, Outcome, Status

Again = Callable[[RunRecord], tuple[Tools, Policy]]
"""What a run is gone on with: the tools and the policy of its own base commit."""
Statuses = Callable[[Collection[str]], Mapping[str, Status]]
"""What the queue says of these tasks today; those that it does not know are left out."""


def go_on_with_earlier(
    tools: Tools,
    again: Again,
    *,
    agent_id: str,
    stop: Stop,
    tell: Callable[[str], None],
    task_id: str | None = None,
    statuses: Statuses | None = None,
) -> RunReport | None:
    """See unfinished runs of this agent in this repository through; the report of the first that had asked Claude.

    With `task_id` the others are seen through as well, and only that task's report is returned. What cannot be gone
    on with now is told and left for later. A delivery that waits for a time does so no longer when its task has ended
    by `statuses`, what the queue says of tasks; without, that is seen when the time is over.
    """
    for record in _of_us(tools, agent_id, tell, statuses or _nothing_known):
        halted = _was_interrupted(record)
        report = _try(again, record, stop, tell)
        if report is not None and halted and report.outcome is Outcome.CANCELLED and not stop.is_set():
            tell(f"{record.run_id} was stopped: {report.task_id} is given back, and can be claimed again")
        elif report is not None and task_id in (None, report.task_id):
            return report
    return None


def _of_us(
    tools: Tools, agent_id: str, tell: Callable[[str], None], statuses: Statuses
) -> Iterator[RunRecord]:
    """The unfinished runs that are gone on with now."""
    for record in unfinished(tools.runs):
        if not isinstance(record.data.get("clone"), str):
            tell(f"{record.run_id} is left alone: its record does not say which repository it belongs to")
        elif _is_ours(record, tools, agent_id) and not _has_to_wait(record, tools.now(), statuses):
            yield record


def _nothing_known(task_ids: Collection[str]) -> Mapping[str, Status]:  # noqa: ARG001 - there is nobody to ask
    return {}


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


def _has_to_wait(record: RunRecord, now: datetime, statuses: Statuses) -> bool:
    until = waits_until(record)
    if until is None or until <= now:
        return False
    task_id = text_of(object_of(record.data.get("task")).get("id"))
    try:
        return statuses({task_id}).get(task_id) not in FINAL
    except RunnerError:
        return True  # whoever cannot be asked knows of no end


def must_belong_here(record: RunRecord, tools: Tools) -> None:
    """Raises: RunnerError if the run was made in another repository than the one `tools` work in."""
    if record.data.get("clone") != str(tools.clone.path):
        raise RunnerError(
            f"{record.run_id} belongs to another repository",
            hint=f"go to {record.data.get('checkout')} and try again there",
        )
