"""Calls that may be repeated: the same request id gives the same answer for a week, and means the same request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from runner.errors import UsageProblem
from runner.storage.protocol import Reading
from runner.storage.times import seconds
from runner.tasks.assembly import task_of
from runner.tasks.model import Task
from runner.tasks.record import Record
from runner.tasks.wire import task_from_plain, to_plain
from runner.tasks.work import Work

KEPT = seconds(7 * 86_400)
"""A run that was killed before a long weekend still finds its own claim."""


def content_of(request: Any) -> str:
    """What a request (a value of `tasks.model`) asks for; a field that joins the type later changes nothing."""
    given = ((field.name, getattr(request, field.name), field.default) for field in fields(request))
    return repr([(name, value) for name, value, default in given if value != default])


def recall(work: Work, request_id: str, content: str) -> tuple[int, int] | None:
    """The task's number and the fence that this request was answered with; None if it is new.

    Raises:
        UsageProblem: the id was used for another request.
    """
    row = work.tx.row("SELECT content, task, fence FROM task_request WHERE request_id = ?", (request_id,))
    if row is None:
        return None
    if row[0] != _digest(content):
        raise UsageProblem(
            f"request id {request_id!r} was used for another request",
            hint="a repeat must be the same in everything; give a new request a new id",
        )
    return row[1], row[2]


def remember(work: Work, request_id: str, content: str, *, number: int, fence: int = 0) -> None:
    """Keep the answer, in the transaction that makes it true."""
    work.tx.run(
        "INSERT INTO task_request (request_id, at, content, task, fence) VALUES (?, ?, ?, ?, ?)",
        (request_id, work.now, _digest(content), number, fence),
    )


def claimed_with(work: Work, request_ids: Iterable[str]) -> frozenset[tuple[int, int]]:
    """The claims, as number and fence, that these requests were answered with."""
    asked = "SELECT task, fence FROM task_request WHERE request_id = ?"
    rows = (work.tx.row(asked, (request_id,)) for request_id in request_ids)
    return frozenset((row[0], row[1]) for row in rows if row is not None)


def forget_old(work: Work) -> None:
    """Drop what nobody repeats any more: answers to requests, and to the ends of leases."""
    for table in ("task_request", "task_ending"):
        work.tx.run(f"DELETE FROM {table} WHERE at < ?", (work.now - KEPT,))  # noqa: S608 - our own names


def _digest(content: str) -> str:
    from hashlib import sha256

    return sha256(content.encode()).hexdigest()


def recall_ending(work: Work, record: Record, fence: int) -> tuple[str, Task] | None:
    """How the lease with this fence was ended, and the answer to that; None if it was not, or long ago."""
    import json

    row = work.tx.row(
        "SELECT kind, reply FROM task_ending WHERE task = ? AND fence = ?", (record.number, fence)
    )
    if row is None:
        return None
    told = task_from_plain(json.loads(row[1]))
    return row[0], replace(told, description=task_of(work.tx, record).description)


def was_ended(reading: Reading, record: Record, fence: int) -> bool:
    """Whether the holder with this fence has completed the task or given it back itself, in the last week."""
    asked = "SELECT 1 FROM task_ending WHERE task = ? AND fence = ?"
    return reading.row(asked, (record.number, fence)) is not None


def remember_ending(work: Work, record: Record, fence: int, kind: str, answer: Task) -> Task:
    """Keep the answer to the end of a lease; its description, which never changes, is not kept twice."""
    import json

    reply = json.dumps(to_plain(replace(answer, description="")), ensure_ascii=False)
    work.tx.run(
        "INSERT INTO task_ending (task, fence, at, kind, reply) VALUES (?, ?, ?, ?, ?)",
        (record.number, fence, work.now, kind, reply),
    )
    return answer
