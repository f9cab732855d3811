"""Waiting for a task: cheap looks at the queue, so that nothing is fetched or held while nothing is new."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from runner.process.stop import Stop
from runner.tasks.model import Status, TaskFilter
from runner.tasks.protocol import TaskBoard

LOOK_S = (1.0, 2.5)
"""Between two looks, at random so that many runners do not come at once."""
LONGEST_S = 30.0
"""After that a try is due although nothing looks new: a lease may have run out, an allowance may be free again."""
MOST = 200

Standing = tuple[tuple[str, datetime, bool], ...]


def standing(board: TaskBoard, project: str | None) -> Standing:
    """What waits in the queue now; another answer means that a claim may find something."""
    now = datetime.now(UTC)
    waiting = board.list(TaskFilter(status=(Status.PENDING,), project=project, limit=MOST))
    return tuple(
        (task.id, task.updated_at, task.not_before is None or task.not_before <= now) for task in waiting
    )


def wait_for_news(board: TaskBoard, project: str | None, before: Standing, stop: Stop) -> None:
    """Return when the queue stands otherwise than `before`, or when it is time to try anyhow.

    Raises:
        Stopped: somebody said so.
    """
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        stop.wait(random.uniform(*LOOK_S))  # noqa: S311 - jitter
        stop.check()
        if standing(board, project) != before:
            return
