"""Tasks that ended long ago leave the tables that every claim goes through; what they came to stays to be looked at.

One short row remains of each: the task in JSON with its long texts cut, without its events. The newest `KEPT_ROWS` of
them are kept, so that the file has a bound.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from runner.storage.protocol import Reading, Store, Writing
from runner.storage.times import microseconds, moment, seconds
from runner.tasks.assembly import tasks_of
from runner.tasks.model import Task
from runner.tasks.record import archived_row, select
from runner.tasks.repeats import KEPT
from runner.tasks.text import cleaned, task_number
from runner.tasks.wire import task_from_plain, to_plain

OLDER_THAN_S = 90 * 86_400.0
LIMIT = 1_000
KEPT_ROWS = 10_000
MAX_TEXT = 4_000
"""Characters that are kept of a description, an output or an error."""

_BATCH = 100
"""Tasks in one transaction: others get their turn in between."""

_ENDED = (
    "WHERE status IN ('completed', 'failed', 'cancelled') AND updated_at < ?"  # as in the index task_ended
    " AND NOT EXISTS (SELECT 1 FROM task_need WHERE need = number)"
    " AND NOT EXISTS (SELECT 1 FROM task_request WHERE task = number AND at >= ?)"
    " AND NOT EXISTS (SELECT 1 FROM task_ending WHERE task = number AND at >= ?)"
)
_OF_A_TASK = (
    *("task_text", "task_result", "task_label", "task_need", "task_attempt"),
    *("task_request", "task_ending", "task_event"),
)


def archive_ended(
    store: Store, *, now: datetime, older_than_s: float = OLDER_THAN_S, limit: int = LIMIT
) -> int:
    """Move tasks that ended more than `older_than_s` seconds ago out of the way, at most `limit` of them.

    Left where they are: tasks that another task (not archived itself) needs, and those of which a request or an
    ending could still be repeated. Returns how many were moved; fewer than `limit` means that no more can be now.

    Raises:
        Busy, StoreFailed: the store did not take it; what was moved before stays moved.
    """
    moved = 0
    while moved < limit:
        size = min(_BATCH, limit - moved)
        with store.transaction() as tx:
            count = _move(tx, microseconds(now), seconds(older_than_s), size)
            _forget_oldest(tx)
        moved += count
        if count == 0:
            break
    return moved


def count_archivable(store: Store, *, now: datetime, older_than_s: float = OLDER_THAN_S) -> int:
    """How many tasks could be moved now; those that only these need may follow them."""
    bounds = _bounds(microseconds(now), seconds(older_than_s))
    with store.read() as reading:
        row = reading.row(f"SELECT count(*) FROM task {_ENDED}", bounds)  # noqa: S608 - our own SQL
    return 0 if row is None else int(row[0])


def archived_task(reading: Reading, wanted: str) -> Task | None:
    """A task of the archive, as far as it is kept; None if it is not there."""
    row = archived_row(reading, wanted)
    return None if row is None else replace(task_from_plain(json.loads(row[2])), archived_at=moment(row[1]))


def _bounds(now: int, age: int) -> tuple[int, int, int]:
    return now - age, now - KEPT, now - KEPT


def _move(tx: Writing, now: int, age: int, size: int) -> int:
    records = select(tx, f"{_ENDED} ORDER BY updated_at, number LIMIT ?", (*_bounds(now, age), size))
    for task in tasks_of(tx, records):
        _move_one(tx, task, now)
    return len(records)


def _move_one(tx: Writing, task: Task, now: int) -> None:
    number = task_number(task.id)
    text = json.dumps(to_plain(_shortened(task)), ensure_ascii=False)
    tx.run(
        "INSERT INTO task_archive (number, archived_at, status, task) VALUES (?, ?, ?, ?)",
        (number, now, task.status.value, text),
    )
    for table in _OF_A_TASK:
        tx.run(f"DELETE FROM {table} WHERE task = ?", (number,))  # noqa: S608 - our own names
    tx.run("DELETE FROM task WHERE number = ?", (number,))


def _shortened(task: Task) -> Task:
    result = task.result
    if result is not None:
        result = replace(
            result, output=cleaned(result.output, most=MAX_TEXT), error=cleaned(result.error, most=MAX_TEXT)
        )
    return replace(
        task,
        description=cleaned(task.description, most=MAX_TEXT),
        answer=cleaned(task.answer, most=MAX_TEXT),
        result=result,
        conversation=None,
    )


def _forget_oldest(tx: Writing) -> None:
    tx.run(
        "DELETE FROM task_archive WHERE number <="
        " (SELECT number FROM task_archive ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (KEPT_ROWS,),
    )
