"""The row of a task as the rules see it, and how it is read and written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from runner.errors import InvalidTransition, UnknownTask
from runner.storage.protocol import Reading, Row, Value, Writing
from runner.tasks.model import FINAL, FileReference, Priority, Status
from runner.tasks.text import task_id, task_number


class Record(NamedTuple):
    """One row of the table `task`, in the order of its columns; what each one means is said in the migration."""

    number: int
    project: str
    title: str
    priority: str
    labels: str
    requires: str
    files: str
    needs: str
    max_attempts: int
    model: str | None
    created_at: int
    updated_at: int
    status: str
    ready_at: int
    order_key: int
    waiting: int
    not_before: int | None = None
    fence: int = 0
    claimed_by: str | None = None
    claimed_at: int | None = None
    run_id: str = ""
    lease: int | None = None
    lease_until: int | None = None
    series: int = 1
    attempts_used: int = 0
    progress: int = 0
    note: str = ""
    conversation: str | None = None
    fail_reason: str = ""
    parked_for: str = ""
    closes: str = ""

    @property
    def id(self) -> str:
        return task_id(self.number)

    @property
    def is_final(self) -> bool:
        return Status(self.status) in FINAL

    @property
    def is_held(self) -> bool:
        return self.status == Status.IN_PROGRESS

    @property
    def capabilities(self) -> tuple[str, ...]:
        return split(self.requires)

    @property
    def rank(self) -> Priority:
        return Priority(self.priority)


_THE_ONE = "WHERE number = ?"
_COLUMNS = ", ".join(Record._fields)
_GIVEN = Record._fields[1:]
_CHANGING = Record._fields[Record._fields.index("updated_at") :]
_INSERT = f"INSERT INTO task ({', '.join(_GIVEN)}) VALUES ({', '.join('?' * len(_GIVEN))})"  # noqa: S608 - our names
_UPDATE = f"UPDATE task SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE number = ?"  # noqa: S608 - our names


def load(reading: Reading, wanted: str) -> Record:
    """The row of the task with this id. Raises: UnknownTask, InvalidTransition (it was archived)."""
    record = find_record(reading, wanted)
    if record is not None:
        return record
    if archived_row(reading, wanted) is not None:
        raise InvalidTransition(
            f"{wanted} ended long ago and was archived: it can only be looked at",
            hint=f"`runner show {wanted}` shows it; submit it anew to go on",
        )
    number = task_number(wanted)
    if number is not None and number <= _largest(reading):
        raise UnknownTask(
            f"{wanted} ended long ago and is not kept any more",
            hint="`runner list` shows the tasks there are",
        )
    raise UnknownTask(f"there is no task {wanted!r}", hint="`runner list` shows the tasks there are")


def find_record(reading: Reading, wanted: str) -> Record | None:
    """The row of the task with this id; None if there is none (any more)."""
    rows = select(reading, _THE_ONE, (task_number(wanted),))
    return rows[0] if rows else None


def archived_row(reading: Reading, wanted: str) -> Row | None:
    """Status, time of archiving and JSON of an archived task; None if this one is not archived."""
    asked = "SELECT status, archived_at, task FROM task_archive WHERE number = ?"
    return reading.row(asked, (task_number(wanted),))


def _largest(reading: Reading) -> int:
    """The largest number that is known to have been given; numbers are given without a gap."""
    row = reading.row(
        "SELECT max(number) FROM (SELECT max(number) AS number FROM task"
        " UNION ALL SELECT max(number) FROM task_archive)"
    )
    return 0 if row is None else row[0] or 0


def at(reading: Reading, number: int) -> Record:
    """The row with this number, which another row refers to: there is one."""
    return select(reading, _THE_ONE, (number,))[0]


def select(reading: Reading, tail: str, parameters: Sequence[Value] = ()) -> list[Record]:
    """The rows that an SQL tail (WHERE, ORDER BY, LIMIT) of ours picks."""
    rows = reading.rows(f"SELECT {_COLUMNS} FROM task {tail}", parameters)  # noqa: S608 - our own SQL
    return [Record._make(row) for row in rows]


def add(writing: Writing, record: Record) -> Record:
    """Write a new row; returns it with the number that it was given."""
    return record._replace(number=writing.insert(_INSERT, record[1:]))


def save(writing: Writing, record: Record) -> Record:
    """Write everything about the row that can change; returns it."""
    writing.run(_UPDATE, (*record[-len(_CHANGING) :], record.number))
    return record


def join(members: Iterable[str]) -> str:
    """Members of a list, none of which has a line end, as the text of a column."""
    return "\n".join(members)


def split(column: str) -> tuple[str, ...]:
    return tuple(column.split("\n")) if column else ()


def join_files(files: Iterable[FileReference]) -> str:
    return join(f"{file.path}\t{file.start or ''}\t{file.end or ''}" for file in files)


def split_files(column: str) -> tuple[FileReference, ...]:
    return tuple(_file(*member.split("\t")) for member in split(column))


def _file(path: str, start: str, end: str) -> FileReference:
    return FileReference(path=path, start=int(start) if start else None, end=int(end) if end else None)
