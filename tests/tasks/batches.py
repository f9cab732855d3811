"""Commands and the batches that carry them out, at a time that stands still."""

from __future__ import annotations

from runner.storage.database import Database
from runner.tasks.commands import ClaimTask, Command, CreateTask, Reply
from runner.tasks.engine import execute
from runner.tasks.model import ClaimRequest, NewTask
from tests.support.queues import PROJECT, START


def carry_out(database: Database, *commands: Command) -> tuple[Reply, ...]:
    return execute(database, commands, now=lambda: START, jitter=lambda: 1.0)


def create(title: str, request_id: str) -> CreateTask:
    return CreateTask(new=NewTask(title=title, project=PROJECT), request_id=request_id)


def claim(agent_id: str, request_id: str) -> ClaimTask:
    return ClaimTask(request=ClaimRequest(agent_id=agent_id, request_id=request_id))
