"""Tasks put together from their rows: the record, its long texts, its attempts and its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.storage.protocol import Reading, Row
from runner.storage.times import moment
from runner.tasks.model import Attempt, Outcome, ParkedFor, Status, Task, TaskResult
from runner.tasks.record import Record, split, split_files

_AT_ONCE = 500
"""How many parameters one statement gets; SQLite takes 999 in old versions."""


def task_of(reading: Reading, record: Record) -> Task:
    """The task of one row."""
    return tasks_of(reading, (record,))[0]


def tasks_of(reading: Reading, records: Sequence[Record]) -> tuple[Task, ...]:
    """The tasks of these rows, in their order; a few statements however many there are."""
    tasks: list[Task] = []
    for page in _pages(records):
        texts = _texts(reading, page)
        attempts = _attempts(reading, page)
        results = _results(reading, page)
        tasks += [
            _task(record, *texts[record.number], tuple(attempts[record.number]), results.get(record.number))
            for record in page
        ]
    return tuple(tasks)


def _pages(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), _AT_ONCE):
        yield records[start : start + _AT_ONCE]


def _texts(reading: Reading, page: Sequence[Record]) -> dict[int, tuple[str, str, str]]:
    rows = _of(reading, "SELECT task, description, question, answer FROM task_text", page)
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _attempts(reading: Reading, page: Sequence[Record]) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = {record.number: [] for record in page}
    series = {record.number: record.series for record in page if record.attempts_used}
    tried = [record for record in page if record.attempts_used]
    columns = "task, series, attempt, outcome, cause, agent_id, run_id, ended_at"
    for row in _of(reading, f"SELECT {columns} FROM task_attempt", tried):  # noqa: S608 - our own names
        if series[row[0]] == row[1]:
            found[row[0]].append(_attempt(*row[2:]))
    for attempts in found.values():
        attempts.sort(key=lambda attempt: attempt.number)
    return found


def _attempt(number: int, outcome: str, cause: str, agent_id: str, run_id: str, ended_at: int) -> Attempt:
    return Attempt(
        number=number,
        outcome=Outcome(outcome),
        cause=cause,
        agent_id=agent_id,
        run_id=run_id,
        ended_at=moment(ended_at),
    )


def _results(reading: Reading, page: Sequence[Record]) -> dict[int, TaskResult]:
    ended = [record for record in page if record.is_final]
    rows = _of(reading, "SELECT task, success, output, error, artifacts FROM task_result", ended)
    return {
        row[0]: TaskResult(success=bool(row[1]), output=row[2], error=row[3], artifacts=split(row[4]))
        for row in rows
    }


def _of(reading: Reading, select: str, page: Sequence[Record]) -> list[Row]:
    if not page:
        return []
    marks = ", ".join("?" * len(page))
    return reading.rows(f"{select} WHERE task IN ({marks})", [record.number for record in page])


def _task(
    record: Record,
    description: str,
    question: str,
    answer: str,
    attempts: tuple[Attempt, ...],
    result: TaskResult | None,
) -> Task:
    return Task(
        id=record.id,
        title=record.title,
        project=record.project,
        description=description,
        priority=record.rank,
        status=Status(record.status),
        labels=split(record.labels),
        requires=split(record.requires),
        files=split_files(record.files),
        needs=split(record.needs),
        closes=split(record.closes),
        max_attempts=record.max_attempts,
        model=record.model,
        created_at=moment(record.created_at),
        updated_at=moment(record.updated_at),
        fence=record.fence,
        claimed_by=record.claimed_by,
        claimed_at=None if record.claimed_at is None else moment(record.claimed_at),
        run_id=record.run_id,
        lease_until=None if record.lease_until is None else moment(record.lease_until),
        not_before=None if record.not_before is None else moment(record.not_before),
        parked_for=ParkedFor(record.parked_for) if record.parked_for else None,
        progress=record.progress,
        note=record.note,
        question=question,
        answer=answer,
        fail_reason=record.fail_reason,
        result=result,
        conversation=record.conversation,
        attempts=attempts,
    )
