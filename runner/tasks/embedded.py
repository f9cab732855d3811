"""The queue in this process: no server, just the database that every command of this user shares.

The commands and the engine are imported where they are used: `runner list` does without them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from runner.errors import RunnerError
from runner.storage.protocol import Store
from runner.tasks import queries
from runner.tasks.model import (
    Claimed,
    ClaimRequest,
    Ending,
    Lease,
    NewTask,
    Report,
    Status,
    Task,
    TaskChange,
    TaskEvent,
    TaskFilter,
)
from runner.tasks.ordering import AGEING_S

if TYPE_CHECKING:
    from runner.tasks.commands import Command, Granted, Renewed, Reply
    from runner.tasks.stepping import Steady


def utc_now() -> datetime:
    return datetime.now(UTC)


def chance() -> float:
    """A random number from 0 to 1, so that those who failed together do not come back together."""
    import random

    return random.random()  # noqa: S311 - jitter, not a secret


def machine_clock() -> Steady:
    """The clock of this machine that nobody sets."""
    from runner.tasks.stepping import steady_now

    return steady_now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time of the store (wall, decides leases), of this process (monotonic seconds), and chance (0 to 1).

    `steady` tells when the wall clock was set, so that leases and pauses can move along; None: it never is.
    """

    wall: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = chance
    steady: Callable[[], Steady] | None = None


SYSTEM_CLOCK = Clock(steady=machine_clock)


class EmbeddedClaims:
    """`Claims` over a database of ours. Safe to use from several threads."""

    def __init__(self, store: Store, *, clock: Clock = SYSTEM_CLOCK, ageing_s: float = AGEING_S) -> None:
        self._store = store
        self._queue = _Queue(store, clock, ageing_s)
        self._monotonic = clock.monotonic
        self._found: tuple[str, int, Hashable] | None = None

    def claim(self, request: ClaimRequest) -> Claimed:
        from runner.tasks.commands import ClaimTask

        taken_at = self._monotonic()  # before the store starts to count: ours must lapse first
        granted = cast("Granted", self._queue.ask(ClaimTask(request=request)))
        lease = Lease(
            task_id=granted.task.id, fence=granted.fence, duration_s=granted.duration_s, taken_at=taken_at
        )
        return Claimed(task=granted.task, lease=lease)

    def renew(self, lease: Lease, report: Report) -> Lease:
        from runner.tasks.commands import RenewLease

        taken_at = self._monotonic()
        command = RenewLease(task_id=lease.task_id, fence=lease.fence, report=report)
        renewed = cast("Renewed", self._queue.ask(command))
        return Lease(
            task_id=lease.task_id, fence=lease.fence, duration_s=renewed.duration_s, taken_at=taken_at
        )

    def complete(self, lease: Lease, ending: Ending) -> Task:
        from runner.tasks.commands import CompleteTask

        return self._queue.change(CompleteTask(task_id=lease.task_id, fence=lease.fence, ending=ending))

    def release(self, lease: Lease, *, note: str, park_s: float = 0.0) -> Task:
        from runner.tasks.commands import ReleaseLease

        command = ReleaseLease(task_id=lease.task_id, fence=lease.fence, note=note, park_s=park_s)
        return self._queue.change(command)

    def check(self, lease: Lease) -> None:
        from runner.tasks.holding import check

        seen = (
            lease.task_id,
            lease.fence,
            self._store.version(),
        )  # before the look: what comes after it is news
        if seen == self._found:
            return
        with self._store.read() as reading:
            check(reading, lease.task_id, lease.fence)
        self._found = seen


class EmbeddedBoard:
    """`TaskBoard` over a database of ours. Safe to use from several threads."""

    def __init__(self, store: Store, *, clock: Clock = SYSTEM_CLOCK, ageing_s: float = AGEING_S) -> None:
        self._store = store
        self._wall = clock.wall
        self._queue = _Queue(store, clock, ageing_s)

    def create(self, new: NewTask, *, request_id: str) -> Task:
        from runner.tasks.commands import CreateTask

        return self._queue.change(CreateTask(new=new, request_id=request_id))

    def get(self, task_id: str) -> Task:
        with self._store.read() as reading:
            return queries.get(reading, task_id)

    def choose(self, request: ClaimRequest) -> Task:
        from runner.storage.times import microseconds
        from runner.tasks import admission
        from runner.tasks.assembly import task_of
        from runner.tasks.choosing import choose

        request = admission.claim(request)
        with self._store.read() as reading:
            return task_of(reading, choose(reading, request, microseconds(self._wall())))

    def statuses(self, task_ids: Collection[str]) -> dict[str, Status]:
        """The status of each of these tasks, also of archived ones; ids that no task has are left out."""
        if not task_ids:
            return {}
        with self._store.read() as reading:
            return queries.statuses(reading, task_ids)

    def update(self, task_id: str, change: TaskChange) -> Task:
        from runner.tasks.commands import UpdateTask

        return self._queue.change(UpdateTask(task_id=task_id, change=change))

    def finish(self, task_id: str, ending: Ending) -> Task:
        from runner.tasks.commands import FinishTask

        return self._queue.change(FinishTask(task_id=task_id, ending=ending))

    def cancel(self, task_id: str) -> Task:
        from runner.tasks.commands import CancelTask

        return self._queue.change(CancelTask(task_id=task_id))

    def requeue(self, task_id: str) -> Task:
        from runner.tasks.commands import RequeueTask

        return self._queue.change(RequeueTask(task_id=task_id))

    def release(self, task_id: str) -> Task:
        from runner.tasks.commands import TakeBack

        return self._queue.change(TakeBack(task_id=task_id))

    def answer(self, task_id: str, text: str) -> Task:
        from runner.tasks.commands import AnswerTask

        return self._queue.change(AnswerTask(task_id=task_id, text=text))

    def counts(self, project: str | None = None) -> dict[Status, int]:
        """How many tasks there are of each status, 0 for none; of one project, or of all."""
        with self._store.read() as reading:
            return queries.counts(reading, project)

    def events(
        self, task_id: str | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[TaskEvent, ...]:
        with self._store.read() as reading:
            return queries.events(reading, task_id, after=after, limit=limit)

    def list(self, wanted: TaskFilter) -> tuple[Task, ...]:
        with self._store.read() as reading:
            return queries.find(reading, wanted)


class _Queue:
    """One command at a time to the engine; an error that it replies is raised."""

    def __init__(self, store: Store, clock: Clock, ageing_s: float) -> None:
        self._store, self._clock, self._ageing_s = store, clock, ageing_s

    def ask(self, command: Command) -> Reply:
        from runner.tasks.engine import execute

        (reply,) = execute(
            self._store,
            (command,),
            now=self._clock.wall,
            jitter=self._clock.jitter,
            ageing_s=self._ageing_s,
            steady=self._clock.steady,
        )
        if isinstance(reply, RunnerError):
            raise reply
        return reply

    def change(self, command: Command) -> Task:
        return cast(Task, self.ask(command))
