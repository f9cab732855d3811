"""What the holder of the newest fence may do: renew its lease, end its attempt, give the task back."""

from __future__ import annotations

from runner.errors import InvalidTransition, LeaseLost, TaskCancelled
from runner.storage.protocol import Reading
from runner.storage.times import moment, seconds
from runner.tasks import admission, journal
from runner.tasks.assembly import task_of
from runner.tasks.commands import CompleteTask, ReleaseLease, Renewed, RenewLease
from runner.tasks.endings import end, let_go
from runner.tasks.journal import Happening
from runner.tasks.model import ParkedFor, Status, Task
from runner.tasks.placing import placed
from runner.tasks.record import Record, load, save
from runner.tasks.repeats import recall_ending, remember_ending, was_ended
from runner.tasks.text import cleaned_line
from runner.tasks.transitions import Action, after, decide
from runner.tasks.work import Work

_COMPLETE, _RELEASE = "complete", "release"
_STOP_HINT = "stop: write, push and report nothing more for this task"


def renew(work: Work, command: RenewLease) -> Renewed:
    """Prolong the lease by its own length, from now, and write the news. Raises: LeaseLost, UnknownTask."""
    report = admission.report(command.report)
    record = _held(_loaded(work.tx, command.task_id), command.fence)
    lease = record.lease or 0
    renewed = record._replace(
        lease_until=work.now + lease,
        progress=record.progress if report.progress is None else report.progress,
        note=record.note if report.note is None else report.note,
    )
    if (renewed.progress, renewed.note) != (record.progress, record.note):
        renewed = renewed._replace(updated_at=work.now)
        journal.tell(
            work,
            renewed,
            Happening.PROGRESSED,
            agent_id=renewed.claimed_by,
            progress=renewed.progress,
            note=renewed.note,
        )
    save(work.tx, renewed)
    return Renewed(duration_s=lease / 1_000_000)


def complete(work: Work, command: CompleteTask) -> Task:
    """End the attempt, once for each fence. Raises: LeaseLost, UnknownTask."""
    record = _loaded(work.tx, command.task_id)
    known = _known(work, record, command.fence, _COMPLETE)
    if known is not None:
        return known
    ending = admission.ending(command.ending)
    decision = decide(
        ending.outcome,
        attempts_used=record.attempts_used,
        max_attempts=record.max_attempts,
        now=work.moment,
        jitter=work.jitter(),
        retry_at=ending.retry_at,
    )
    ended = end(work, _held(record, command.fence), decision, ending)
    return remember_ending(work, ended, command.fence, _COMPLETE, task_of(work.tx, ended))


def release(work: Work, command: ReleaseLease) -> Task:
    """Give the task back, once for each fence. Raises: LeaseLost, UnknownTask."""
    record = _loaded(work.tx, command.task_id)
    known = _known(work, record, command.fence, _RELEASE)
    if known is not None:
        return known
    park_s = admission.pause(command.park_s)
    freed = give_back(work, _held(record, command.fence), cleaned_line(command.note), park_s=park_s)
    return remember_ending(work, freed, command.fence, _RELEASE, task_of(work.tx, freed))


def give_back(work: Work, record: Record, note: str, *, park_s: float = 0.0) -> Record:
    """Put the task back where it stood in the queue, or park it. Raises: InvalidTransition if nobody holds it."""
    status = after(Status(record.status), Action.GIVE_BACK, record.id)
    freed = let_go(record, status)._replace(updated_at=work.now, note=note or record.note)
    if park_s:
        freed = placed(work, freed, work.now + seconds(park_s), parked_for=ParkedFor.GIVEN_BACK)
    journal.tell(
        work,
        freed,
        Happening.RELEASED,
        agent_id=record.claimed_by,
        fence=record.fence,
        note=note or None,
        not_before=None if freed.not_before is None else moment(freed.not_before).isoformat(),
    )
    return save(work.tx, freed)


def check(reading: Reading, task_id: str, fence: int) -> None:
    """Return if nobody took the task from this fence; nothing is written. Raises: LeaseLost, UnknownTask."""
    record = _loaded(reading, task_id)
    try:
        _held(record, fence)
    except LeaseLost:
        if not was_ended(reading, record, fence):
            raise


def _loaded(reading: Reading, task_id: str) -> Record:
    """The row. Raises: LeaseLost (it is in the archive, so it ended long ago), UnknownTask."""
    try:
        return load(reading, task_id)
    except InvalidTransition as archived:
        raise LeaseLost(str(archived), hint=_STOP_HINT) from archived


def _held(record: Record, fence: int) -> Record:
    """The record if this fence holds it, expired or not: a laptop that slept may go on."""
    if record.fence != fence:
        raise LeaseLost(
            f"{record.id} is not ours: its newest claim has fence {record.fence}, ours had {fence}",
            hint=_STOP_HINT,
        )
    if not record.is_held:
        if record.status == Status.CANCELLED:
            raise TaskCancelled(f"{record.id} was cancelled", hint=_STOP_HINT)
        state = record.status.replace("_", " ")
        raise LeaseLost(f"{record.id} is not ours any more: it is {state}", hint=_STOP_HINT)
    return record


def _known(work: Work, record: Record, fence: int, kind: str) -> Task | None:
    """The answer to the same call before; None if there was none. Raises: LeaseLost if it ended otherwise."""
    known = recall_ending(work, record, fence)
    if known is None:
        return None
    if known[0] != kind:
        raise LeaseLost(f"the claim of {record.id} with fence {fence} has ended already", hint=_STOP_HINT)
    return known[1]
