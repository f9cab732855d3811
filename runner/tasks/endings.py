"""What the end of an attempt does to a task; shared by holders, people and expired leases."""

from __future__ import annotations

from collections.abc import Sequence

from runner.storage.times import microseconds
from runner.tasks import journal
from runner.tasks.journal import Happening
from runner.tasks.model import FINAL, Ending, Outcome, Status
from runner.tasks.ordering import is_last
from runner.tasks.placing import placed, recount_dependents
from runner.tasks.record import Record, join, save, select
from runner.tasks.repeats import claimed_with
from runner.tasks.text import cleaned_line
from runner.tasks.transitions import Action, Decision, after
from runner.tasks.work import Work

MAX_CAUSE = 500

_TOLD = {
    Action.COMPLETE: Happening.COMPLETED,
    Action.RETRY: Happening.RETRIED,
    Action.PARK: Happening.PARKED,
    Action.ASK: Happening.BLOCKED,
    Action.BURY: Happening.FAILED,
    Action.GIVE_BACK: Happening.RELEASED,
    Action.CANCEL: Happening.CANCELLED,
}


def end(work: Work, record: Record, decision: Decision, ending: Ending) -> Record:
    """Write what a task becomes, and how its attempt ended if it counts. Raises: InvalidTransition."""
    status = after(Status(record.status), decision.action, record.id)
    cause = cause_of(ending)
    if decision.counts_attempt:
        record = _add_attempt(work, record, ending.outcome, cause, ending.run_id)
    freed = let_go(record, status)
    ended = freed._replace(
        updated_at=work.now,
        conversation=ending.conversation if decision.keeps_conversation else None,
        progress=100 if status is Status.COMPLETED else freed.progress,
        fail_reason=_fail_reason(record, cause) if status is Status.FAILED else "",
        not_before=None,
        parked_for="",
    )
    if decision.not_before is not None:
        ended = placed(work, ended, microseconds(decision.not_before), parked_for=decision.parked_for)
    _tell(work, record, ended, decision, ending)
    return _save(work, ended, decision.action, ending)


def let_go(record: Record, status: Status) -> Record:
    """The record without a lease. Who ended a task for good is kept, as a fact about it; the run always is.

    A task that is pending again begins anew: how far the last holder was says nothing about the next.
    """
    progress = 0 if status is Status.PENDING else record.progress
    free = record._replace(status=status.value, lease=None, lease_until=None, progress=progress)
    return free if status in FINAL else free._replace(claimed_by=None, claimed_at=None)


def set_question(work: Work, record: Record, question: str) -> None:
    """Write what a blocked task asks; empty when it no longer does."""
    work.tx.run("UPDATE task_text SET question = ? WHERE task = ?", (question, record.number))


def cause_of(ending: Ending) -> str:
    """One line about why an attempt ended so: the first of its error or question, else the outcome itself."""
    told = next((line for line in (ending.error or ending.question).splitlines() if line.strip()), "")
    return cleaned_line(told, most=MAX_CAUSE) or ending.outcome.value.replace("_", " ")


def count_lost_attempt(work: Work, record: Record) -> Record:
    """The holder of an expired lease is gone: its attempt counts, so that a task that kills its runners ends."""
    cause = lost_cause(record)
    journal.tell(
        work, record, Happening.LEASE_EXPIRED, agent_id=record.claimed_by, fence=record.fence, cause=cause
    )
    return _add_attempt(work, record, Outcome.CRASHED, cause, record.run_id)


def bury_lost(work: Work, *, claims: Sequence[str] = ()) -> None:
    """Make dead letters of tasks whose last attempt ended in an expired lease.

    Spared are those whose holders are back: one of the request ids `claims`, which are about to be answered, is the
    one that they were claimed with.
    """
    expired = select(work.tx, "WHERE status = 'in_progress' AND lease_until <= ?", (work.now,))
    last = [record for record in expired if is_last(record.attempts_used, record.max_attempts)]
    back = claimed_with(work, claims) if last else frozenset()
    for record in last:
        if (record.number, record.fence) not in back:
            decision = Decision(
                action=Action.BURY, counts_attempt=True, not_before=None, keeps_conversation=False
            )
            lost = Ending(outcome=Outcome.CRASHED, error=lost_cause(record), run_id=record.run_id)
            end(work, record, decision, lost)


def lost_cause(record: Record) -> str:
    return f"lease expired: {record.claimed_by} (fence {record.fence}) was not heard of again"


def _add_attempt(work: Work, record: Record, outcome: Outcome, cause: str, run_id: str) -> Record:
    number = record.attempts_used + 1
    work.tx.run(
        "INSERT INTO task_attempt (task, series, attempt, outcome, cause, agent_id, run_id, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.number,
            record.series,
            number,
            outcome.value,
            cause,
            record.claimed_by or "",
            run_id or record.run_id,
            work.now,
        ),
    )
    return record._replace(attempts_used=number)


def _fail_reason(record: Record, cause: str) -> str:
    if record.attempts_used >= record.max_attempts > 1:
        return f"all {record.attempts_used} attempts failed, the last: {cause}"
    return cause


def _save(work: Work, ended: Record, action: Action, ending: Ending) -> Record:
    save(work.tx, ended)
    if action is Action.ASK:
        set_question(work, ended, ending.question or cause_of(ending))
    elif ended.is_final:
        set_question(work, ended, "")
    if action in (Action.COMPLETE, Action.BURY):
        work.tx.run(
            "INSERT INTO task_result (task, success, output, error, artifacts) VALUES (?, ?, ?, ?, ?)",
            (
                ended.number,
                int(action is Action.COMPLETE),
                ending.output,
                ending.error,
                join(ending.artifacts),
            ),
        )
    if action is Action.COMPLETE:
        recount_dependents(work, ended)
    return ended


def _tell(work: Work, record: Record, ended: Record, decision: Decision, ending: Ending) -> None:
    journal.tell(
        work,
        ended,
        _TOLD[decision.action],
        agent_id=record.claimed_by,
        outcome=ending.outcome.value,
        cause=cause_of(ending),
        attempt=record.attempts_used if decision.counts_attempt else None,
        fence=record.fence,
        not_before=None if decision.not_before is None else decision.not_before.isoformat(),
    )
