"""A new task enters the queue."""

from __future__ import annotations

from functools import partial

from runner.errors import UsageProblem
from runner.tasks import admission, journal, repeats
from runner.tasks.assembly import task_of
from runner.tasks.commands import CreateTask
from runner.tasks.journal import Happening
from runner.tasks.model import NewTask, Status, Task
from runner.tasks.ordering import find_cycle, order_key
from runner.tasks.record import Record, add, archived_row, at, join, join_files, load
from runner.tasks.text import task_id
from runner.tasks.work import Work


def create(work: Work, command: CreateTask) -> Task:
    """Put it in. Raises: UsageProblem, UnknownTask (in its needs)."""
    request_id = admission.request_id(command.request_id)
    new = admission.new_task(command.new)
    content = repeats.content_of(new)
    known = repeats.recall(work, request_id, content)
    if known is not None:
        return task_of(work.tx, at(work.tx, known[0]))
    needed = [need for need in map(partial(_needed, work), new.needs) if need is not None]
    record = _add(work, new, needed)
    repeats.remember(work, request_id, content, number=record.number)
    journal.tell(work, record, Happening.SUBMITTED, title=record.title, priority=record.priority)
    return task_of(work.tx, record)


def _needed(work: Work, wanted: str) -> Record | None:
    """The row of a task that is needed; None for one that was completed so long ago that its row is gone.

    Raises: UnknownTask, UsageProblem (it ended otherwise, and cannot be tried again).
    """
    row = archived_row(work.tx, wanted)
    if row is None:
        return load(work.tx, wanted)
    if row[0] != Status.COMPLETED:
        raise UsageProblem(
            f"{wanted} ended as {row[0]} long ago: nothing can wait for it", hint="leave it out"
        )
    return None


def _add(work: Work, new: NewTask, needed: list[Record]) -> Record:
    record = add(work.tx, _first_record(work, new, needed))
    work.tx.run(
        "INSERT INTO task_text (task, description, question, answer) VALUES (?, ?, '', '')",
        (record.number, new.description),
    )
    for label in new.labels:
        work.tx.run("INSERT INTO task_label (task, label) VALUES (?, ?)", (record.number, label))
    for need in needed:
        work.tx.run("INSERT INTO task_need (task, need) VALUES (?, ?)", (record.number, need.number))
    _refuse_cycle(work, record, needed)
    return record


def _first_record(work: Work, new: NewTask, needed: list[Record]) -> Record:
    return Record(
        number=0,
        project=new.project,
        title=new.title,
        priority=new.priority.value,
        labels=join(new.labels),
        requires=join(new.requires),
        files=join_files(new.files),
        needs=join(new.needs),
        max_attempts=new.max_attempts,
        model=new.model,
        created_at=work.now,
        updated_at=work.now,
        status=Status.PENDING.value,
        ready_at=work.now,
        order_key=order_key(work.now, new.priority, work.ageing),
        waiting=sum(need.status != Status.COMPLETED for need in needed),
        closes=join(new.closes),
    )


def _refuse_cycle(work: Work, record: Record, needed: list[Record]) -> None:
    """A new task cannot be needed by an older one; this holds against a database that was edited by hand too."""
    cycle = find_cycle(
        record.number, [need.number for need in needed], lambda number: _open_needs(work, number)
    )
    if cycle:
        chain = " needs ".join(task_id(number) for number in (record.number, *cycle))
        raise UsageProblem(f"a task cannot wait for itself: {chain}", hint="leave one of them out")


def _open_needs(work: Work, number: int) -> list[int]:
    rows = work.tx.rows(
        "SELECT need FROM task_need JOIN task ON task.number = task_need.need"
        " WHERE task_need.task = ? AND task.status <> 'completed'",
        (number,),
    )
    return [row[0] for row in rows]
