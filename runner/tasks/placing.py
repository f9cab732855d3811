"""A task's place in the queue: when it is ready, and what waits for it."""

from __future__ import annotations

from runner.tasks import journal
from runner.tasks.journal import Happening
from runner.tasks.model import ParkedFor, Status
from runner.tasks.ordering import order_key
from runner.tasks.record import Record, at, save
from runner.tasks.work import Work


def placed(work: Work, record: Record, ready_at: int, *, parked_for: ParkedFor | None = None) -> Record:
    """The record with a place in the queue from `ready_at` on; parked until then for a reason, or ready at once."""
    return record._replace(
        ready_at=ready_at,
        order_key=order_key(ready_at, record.rank, work.ageing),
        not_before=ready_at if parked_for else None,
        parked_for=parked_for.value if parked_for else "",
    )


def recount_dependents(work: Work, needed: Record) -> None:
    """Bring up to date what waits for a task that was just completed, or is no longer."""
    for (number,) in work.tx.rows(
        "SELECT task FROM task_need WHERE need = ? ORDER BY task", (needed.number,)
    ):
        dependent = at(work.tx, number)._replace(waiting=_open_needs(work, number))
        save(work.tx, _ready(work, dependent, needed))


def _ready(work: Work, record: Record, needed: Record) -> Record:
    parked = record.not_before is not None and record.not_before > work.now
    if record.waiting or parked or record.status != Status.PENDING:
        return record
    journal.tell(work, record, Happening.READY, after=needed.id)
    return placed(work, record, work.now)._replace(updated_at=work.now)


def _open_needs(work: Work, number: int) -> int:
    row = work.tx.row(
        "SELECT count(*) FROM task_need JOIN task ON task.number = task_need.need"
        " WHERE task_need.task = ? AND task.status <> 'completed'",
        (number,),
    )
    return 0 if row is None else int(row[0])
