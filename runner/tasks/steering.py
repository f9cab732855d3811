"""What people do to a task: change, finish, cancel, requeue, take back, answer."""

from __future__ import annotations

from runner.tasks import admission, journal
from runner.tasks.assembly import task_of
from runner.tasks.commands import AnswerTask, CancelTask, FinishTask, RequeueTask, TakeBack, UpdateTask
from runner.tasks.endings import end, let_go, set_question
from runner.tasks.holding import give_back
from runner.tasks.journal import Happening
from runner.tasks.model import FINAL, Ending, Outcome, Status, Task, TaskChange
from runner.tasks.placing import placed, recount_dependents
from runner.tasks.record import Record, join, load, save, split
from runner.tasks.transitions import BY_WISH, TABLE, Action, Decision, after, by_hand, conflict
from runner.tasks.work import Work

_OUTCOMES = {
    Action.COMPLETE: Ending(outcome=Outcome.DONE),
    Action.BURY: Ending(outcome=Outcome.INVALID_REQUEST, error="marked as failed by hand"),
    Action.CANCEL: Ending(outcome=Outcome.CANCELLED),
}


def update(work: Work, command: UpdateTask) -> Task:
    """Change what is given. Raises: UnknownTask, InvalidTransition, UsageProblem."""
    change = admission.change(command.change)
    record = load(work.tx, command.task_id)
    settled = Status(record.status) in FINAL and change.status in {None, Status(record.status)}
    if settled and change.progress not in {None, record.progress}:
        raise conflict(Status(record.status), f"{record.id} is {record.status}: its progress is settled")
    if settled and change.closes not in {None, split(record.closes)}:
        raise conflict(Status(record.status), f"{record.id} is {record.status}: what it closes is settled")
    if change.status is not None:
        record = _with_status(work, record, change.status)
    changed = _with_words(record, change)
    if changed != record:
        changed = save(work.tx, changed._replace(updated_at=work.now))
        closes = None if change.closes is None else " ".join(change.closes)
        journal.tell(
            work, changed, Happening.UPDATED, progress=change.progress, note=change.note, closes=closes
        )
    return task_of(work.tx, changed)


def finish(work: Work, command: FinishTask) -> Task:
    """End it by hand, whoever holds it. Raises: UnknownTask, InvalidTransition if it has ended already."""
    ending = admission.ending(command.ending)
    record = load(work.tx, command.task_id)
    return task_of(work.tx, _end_by_hand(work, record, by_hand(ending.outcome), ending))


def cancel(work: Work, command: CancelTask) -> Task:
    """Raises: UnknownTask, InvalidTransition if it has ended already."""
    record = load(work.tx, command.task_id)
    return task_of(work.tx, _end_by_hand(work, record, Action.CANCEL, _OUTCOMES[Action.CANCEL]))


def requeue(work: Work, command: RequeueTask) -> Task:
    """Start an ended or blocked task afresh. Raises: UnknownTask, InvalidTransition."""
    record = load(work.tx, command.task_id)
    status = after(Status(record.status), Action.REQUEUE, record.id)
    fresh = let_go(record, status)._replace(
        updated_at=work.now,
        series=record.series + 1,
        attempts_used=0,
        progress=0,
        note="",
        conversation=None,
        fail_reason="",
    )
    fresh = save(work.tx, placed(work, fresh, work.now))
    set_question(work, fresh, "")
    work.tx.run("DELETE FROM task_result WHERE task = ?", (fresh.number,))
    journal.tell(work, fresh, Happening.REQUEUED, was=record.status, attempts_before=record.attempts_used)
    if record.status == Status.COMPLETED:
        recount_dependents(work, fresh)
    return task_of(work.tx, fresh)


def take_back(work: Work, command: TakeBack) -> Task:
    """Raises: UnknownTask, InvalidTransition if nobody holds it."""
    return task_of(work.tx, give_back(work, load(work.tx, command.task_id), ""))


def answer(work: Work, command: AnswerTask) -> Task:
    """Let a blocked task go on with the answer. Raises: UnknownTask, InvalidTransition, UsageProblem."""
    text = admission.answer(command.text)
    record = load(work.tx, command.task_id)
    status = after(Status(record.status), Action.ANSWER, record.id)
    going_on = record._replace(status=status.value, updated_at=work.now, progress=0)
    going_on = save(work.tx, placed(work, going_on, work.now))
    work.tx.run("UPDATE task_text SET question = '', answer = ? WHERE task = ?", (text, going_on.number))
    journal.tell(work, going_on, Happening.ANSWERED)
    return task_of(work.tx, going_on)


def _with_status(work: Work, record: Record, wish: Status) -> Record:
    parked = record.not_before is not None and record.not_before > work.now
    if wish == record.status and not parked:
        return record
    if record.is_held:
        raise conflict(
            Status.IN_PROGRESS, f"{record.id} is held by {record.claimed_by}, who alone decides its status"
        )
    if wish not in BY_WISH:
        raise conflict(Status(record.status), f"{record.id} becomes in progress only when it is claimed")
    action = BY_WISH[wish]
    status = TABLE.get((Status(record.status), action))
    if status is None:
        raise conflict(Status(record.status), f"{record.id} is {record.status}: it cannot become {wish}")
    if action in _OUTCOMES:
        return _end_by_hand(work, record, action, _OUTCOMES[action])
    progress = 0 if status is Status.PENDING else record.progress  # who takes it begins anew
    moved = record._replace(status=status.value, updated_at=work.now, progress=progress)
    changed = save(work.tx, placed(work, moved, work.now))
    set_question(work, changed, "")
    journal.tell(work, changed, Happening.UPDATED, status=changed.status)
    return changed


def _with_words(record: Record, change: TaskChange) -> Record:
    return record._replace(
        progress=record.progress if change.progress is None else change.progress,
        note=record.note if change.note is None else change.note,
        closes=record.closes if change.closes is None else join(change.closes),
    )


def _end_by_hand(work: Work, record: Record, action: Action, ending: Ending) -> Record:
    decision = Decision(
        action=action,
        counts_attempt=record.is_held and action is not Action.CANCEL,
        not_before=None,
        keeps_conversation=False,
    )
    return end(work, record, decision, ending)
