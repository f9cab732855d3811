"""Looking at tasks; nothing here writes, and nothing is imported that only a change needs."""

from __future__ import annotations

from collections.abc import Iterable

from runner.errors import UsageProblem
from runner.storage.protocol import Reading, Value
from runner.tasks.assembly import task_of, tasks_of
from runner.tasks.model import Status, Task, TaskEvent, TaskFilter
from runner.tasks.record import Record, find_record, load, select
from runner.tasks.text import task_id, task_number

MAX_LIST = 10_000
_AT_ONCE = 500
"""How many parameters one statement gets; SQLite takes 999 in old versions."""

_OPEN = "status IN ('pending', 'in_progress', 'blocked')"
_FINAL = "status IN ('completed', 'failed', 'cancelled')"


def get(reading: Reading, wanted: str) -> Task:
    """The task, also an archived one. Raises: UnknownTask."""
    record = find_record(reading, wanted)
    if record is not None:
        return task_of(reading, record)
    from runner.tasks.archive import archived_task

    told = archived_task(reading, wanted)
    return told or task_of(reading, load(reading, wanted))


def find(reading: Reading, wanted: TaskFilter) -> tuple[Task, ...]:
    """Open tasks in the order of the queue, then ended ones, the newest change first. Raises: UsageProblem."""
    limit = _checked(wanted.limit)
    records = _some(reading, wanted, _OPEN, "order_key, number", limit)
    if len(records) < limit:
        records += _some(reading, wanted, _FINAL, "updated_at DESC, number DESC", limit - len(records))
    return tasks_of(reading, records)


def counts(reading: Reading, project: str | None) -> dict[Status, int]:
    """How many tasks there are of each status, 0 for none; of one project, or of all."""
    which, parameters = ("", ()) if project is None else (" WHERE project = ?", (project,))
    rows = reading.rows(f"SELECT status, count(*) FROM task{which} GROUP BY status", parameters)  # noqa: S608
    found: dict[str, int] = dict(rows)
    return {status: found.get(status.value, 0) for status in Status}


def statuses(reading: Reading, task_ids: Iterable[str]) -> dict[str, Status]:
    """The status of each of these tasks, also of archived ones; ids that no task has are left out."""
    wanted = [number for number in map(task_number, dict.fromkeys(task_ids)) if number is not None]
    found: dict[str, Status] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        page = wanted[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(page))
        for table in ("task", "task_archive"):
            rows = reading.rows(f"SELECT number, status FROM {table} WHERE number IN ({marks})", page)  # noqa: S608
            found |= {task_id(row[0]): Status(row[1]) for row in rows}
    return found


def events(reading: Reading, wanted: str | None, *, after: int, limit: int) -> tuple[TaskEvent, ...]:
    """Events after that number, oldest first; an archived task has none. Raises: UnknownTask, UsageProblem."""
    from runner.tasks.journal import events as events_of

    number = None if wanted is None else task_number(get(reading, wanted).id)
    return events_of(reading, number, after=after, limit=_checked(limit))


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_LIST:
        raise UsageProblem(f"a limit is from 1 to {MAX_LIST:,}, not {limit}")
    return limit


def _some(reading: Reading, wanted: TaskFilter, state: str, order: str, limit: int) -> list[Record]:
    conditions, parameters = _conditions(wanted)
    where = " AND ".join([state, *conditions])
    return select(reading, f"WHERE {where} ORDER BY {order} LIMIT ?", (*parameters, limit))


def _conditions(wanted: TaskFilter) -> tuple[list[str], list[Value]]:
    conditions: list[str] = []
    parameters: list[Value] = []
    if wanted.status:
        conditions.append(f"status IN ({', '.join('?' * len(wanted.status))})")
        parameters += [status.value for status in wanted.status]
    for column, value in (
        ("priority", wanted.priority.value if wanted.priority else None),
        ("project", wanted.project),
        ("claimed_by", wanted.claimed_by),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            parameters.append(value)
    for label in wanted.labels:
        conditions.append("EXISTS (SELECT 1 FROM task_label WHERE task = number AND label = ?)")
        parameters.append(label)
    return conditions, parameters
