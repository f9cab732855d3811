"""A task to write about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from runner.tasks.model import Priority, Status, Task

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

_TASK = Task(
    id="T-7",
    title="Fix the clock",
    project="widget",
    description="It is an hour late.",
    priority=Priority.HIGH,
    status=Status.IN_PROGRESS,
    labels=("bug", "time"),
    requires=(),
    files=(),
    needs=(),
    max_attempts=3,
    model=None,
    created_at=NOW,
    updated_at=NOW,
)


def a_task(**changes: object) -> Task:
    """The task T-7, with some of its fields changed."""
    return replace(_TASK, **changes)  # type: ignore[arg-type] # the fields are checked when it is made
