"""Tasks as plain JSON values and back: the names of fields are the keys, times are ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from runner.tasks.model import (
    Attempt,
    FileReference,
    Outcome,
    ParkedFor,
    Priority,
    Status,
    Task,
    TaskResult,
)

_TIMES = ("claimed_at", "lease_until", "not_before", "archived_at")


def to_plain(value: Any) -> Any:
    """A value of `tasks.model` as dicts, lists, strings, numbers and None."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_plain(member) for member in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    return value


def task_from_plain(data: Mapping[str, Any]) -> Task:
    """The task that `to_plain` was given.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    result = data["result"]
    return Task(
        **{
            **data,
            "priority": Priority(data["priority"]),
            "status": Status(data["status"]),
            **{name: tuple(data[name]) for name in ("labels", "requires", "needs")},
            "closes": tuple(data.get("closes", ())),
            **{name: datetime.fromisoformat(data[name]) for name in ("created_at", "updated_at")},
            **{name: _optional_time(data.get(name)) for name in _TIMES},
            "parked_for": ParkedFor(data["parked_for"]) if data.get("parked_for") else None,
            "files": tuple(FileReference(**file) for file in data["files"]),
            "attempts": tuple(_attempt(attempt) for attempt in data["attempts"]),
            "result": None if result is None else _result(result),
        }
    )


def _optional_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _attempt(data: Mapping[str, Any]) -> Attempt:
    return Attempt(
        **{
            **data,
            "outcome": Outcome(data["outcome"]),
            "ended_at": datetime.fromisoformat(data["ended_at"]),
        }
    )


def _result(data: Mapping[str, Any]) -> TaskResult:
    return TaskResult(**{**data, "artifacts": tuple(data["artifacts"])})
