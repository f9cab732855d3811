"""What happened to tasks, written in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from runner.storage.protocol import Reading, Value
from runner.storage.times import moment
from runner.tasks.model import TaskEvent
from runner.tasks.record import Record
from runner.tasks.text import task_id
from runner.tasks.work import Work

Fact = str | int | float | bool | None


class Happening(StrEnum):
    """The names of task events."""

    SUBMITTED = "TaskSubmitted"
    CLAIMED = "TaskClaimed"
    PROGRESSED = "TaskProgressed"
    COMPLETED = "TaskCompleted"
    RETRIED = "TaskRetried"
    PARKED = "TaskParked"
    BLOCKED = "TaskBlocked"
    FAILED = "TaskFailed"
    RELEASED = "TaskReleased"
    CANCELLED = "TaskCancelled"
    REQUEUED = "TaskRequeued"
    ANSWERED = "TaskAnswered"
    UPDATED = "TaskUpdated"
    READY = "TaskReady"
    LEASE_EXPIRED = "LeaseExpired"


def tell(work: Work, record: Record, name: Happening, *, agent_id: str | None = None, **data: Fact) -> None:
    """Write one event about a task; what is None is left out."""
    import json

    facts = {key: fact for key, fact in data.items() if fact is not None}
    work.tx.insert(
        "INSERT INTO task_event (at, name, task, agent_id, data) VALUES (?, ?, ?, ?, ?)",
        (work.now, name.value, record.number, agent_id, json.dumps(facts, ensure_ascii=False)),
    )


def events(reading: Reading, number: int | None, *, after: int, limit: int) -> tuple[TaskEvent, ...]:
    """Events with a larger `seq` than `after`, oldest first; of one task, or of all."""
    which: Sequence[Value] = () if number is None else (number,)
    rows = reading.rows(
        "SELECT seq, at, name, task, agent_id, data FROM task_event"  # noqa: S608 - our own SQL
        f" WHERE seq > ?{' AND task = ?' if which else ''} ORDER BY seq LIMIT ?",
        (after, *which, limit),
    )
    return tuple(_event(*row) for row in rows)


def _event(seq: int, at: int, name: str, task: int, agent_id: str | None, data: str) -> TaskEvent:
    import json

    return TaskEvent(
        seq=seq, at=moment(at), name=name, task_id=task_id(task), agent_id=agent_id, data=json.loads(data)
    )
