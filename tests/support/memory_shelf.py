"""What the queue in memory keeps, as plain dicts, and what every change of it has in common.

What a value may look like and what an outcome leads to are the product's own pure rules; everything that the
engine does with rows, indexes and transactions is said here again, in the simplest way that is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from runner.errors import (
    InvalidTransition,
    UnknownTask,
    UsageProblem,
)
from runner.tasks.embedded import SYSTEM_CLOCK, Clock
from runner.tasks.endings import cause_of
from runner.tasks.model import (
    FINAL,
    Attempt,
    Ending,
    Outcome,
    ParkedFor,
    Status,
    Task,
    TaskEvent,
    TaskResult,
)
from runner.tasks.transitions import TABLE, Action

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
STEP = timedelta(seconds=5)
RETRY_CAP = timedelta(hours=1)

NAMES = {
    Action.COMPLETE: "TaskCompleted",
    Action.RETRY: "TaskRetried",
    Action.PARK: "TaskParked",
    Action.ASK: "TaskBlocked",
    Action.BURY: "TaskFailed",
    Action.GIVE_BACK: "TaskReleased",
    Action.CANCEL: "TaskCancelled",
}


@dataclass(slots=True)
class Entry:
    """One task, and what the store knows about it beside."""

    task: Task
    ready_at: datetime
    lease_s: float = 0.0

    def move(self, step: timedelta, now: datetime) -> None:
        """The clock was set by `step`."""
        task = self.task
        lease_until = task.lease_until and min(task.lease_until + step, now + timedelta(seconds=self.lease_s))
        not_before = task.not_before
        if task.parked_for is not ParkedFor.LIMIT or not_before is None or not_before <= now - step:
            self.ready_at += step
            not_before = not_before and not_before + step
        if not_before and task.parked_for is ParkedFor.RETRY:
            not_before = min(not_before, now + RETRY_CAP)
        self.task = replace(task, lease_until=lease_until, not_before=not_before)

    @property
    def place(self) -> tuple[int, datetime, int]:
        rank = self.task.priority.rank
        return (0 if rank == 0 else 1, self.ready_at + rank * HOUR, int(self.task.id[2:]))


@dataclass(slots=True)
class Shelf:
    """Everything there is; the two faces share it."""

    clock: Clock = SYSTEM_CLOCK
    entries: dict[str, Entry] = field(default_factory=dict)
    requests: dict[str, tuple[datetime, object, str, int]] = field(default_factory=dict)
    endings: dict[tuple[str, int], tuple[datetime, str, Task]] = field(default_factory=dict)
    told: list[TaskEvent] = field(default_factory=list)
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    looked: tuple[datetime, int] | None = None
    """Both clocks when they were first looked at, or when the one on the wall was set."""

    def begin(self) -> None:
        """Look at the clock, once for each call."""
        self.now = self.clock.wall()
        self.follow()
        self.requests = {key: row for key, row in self.requests.items() if row[0] >= self.now - WEEK}
        self.endings = {key: row for key, row in self.endings.items() if row[0] >= self.now - WEEK}

    def follow(self) -> None:
        """When the clock was set, what is open moves along, but for times that others have named."""
        if self.clock.steady is None:
            return
        steady = self.clock.steady().reading
        wall, before = self.looked or (self.now, steady)
        step = (self.now - wall) - timedelta(microseconds=steady - before)
        if self.looked is None or abs(step) >= STEP:
            self.looked = (self.now, steady)
            for entry in self.entries.values():
                if entry.task.status not in FINAL:
                    entry.move(step, self.now)

    def entry(self, task_id: str) -> Entry:
        if task_id not in self.entries:
            raise UnknownTask(f"there is no task {task_id!r}")
        return self.entries[task_id]

    def waits(self, entry: Entry) -> bool:
        return any(self.entries[need].task.status is not Status.COMPLETED for need in entry.task.needs)

    def tell(self, entry: Entry, name: str, agent_id: str | None = None) -> None:
        seq = len(self.told) + 1
        self.told.append(TaskEvent(seq=seq, at=self.now, name=name, task_id=entry.task.id, agent_id=agent_id))

    def move(self, entry: Entry, action: Action) -> Status:
        status = TABLE.get((entry.task.status, action))
        if status is None:
            raise InvalidTransition(f"{entry.task.id} is {entry.task.status}")
        return status

    def recall(self, request_id: str, content: object) -> tuple[str, int] | None:
        known = self.requests.get(request_id)
        if known is None:
            return None
        if known[1] != content:
            raise UsageProblem(f"request id {request_id!r} was used for another request")
        return known[2], known[3]

    def free(self, entry: Entry, status: Status, **changes: object) -> None:
        """The task without a holder; a final one keeps the name of who ended it."""
        gone = {} if status in FINAL else {"claimed_by": None, "claimed_at": None}
        anew = {"progress": 0} if status is Status.PENDING else {}
        parked = {} if changes.get("not_before", ...) else {"parked_for": None}
        fields = {
            "status": status,
            "updated_at": self.now,
            "lease_until": None,
            **gone,
            **parked,
            **changes,
            **anew,
        }
        entry.task = replace(entry.task, **fields)  # type: ignore[arg-type]  # names of fields

    def lose_attempt(self, entry: Entry) -> str:
        task = entry.task
        cause = f"lease expired: {task.claimed_by} (fence {task.fence}) was not heard of again"
        self.tell(entry, "LeaseExpired", task.claimed_by)
        self.add_attempt(entry, Outcome.CRASHED, cause, task.run_id)
        return cause

    def add_attempt(self, entry: Entry, outcome: Outcome, cause: str, run_id: str) -> None:
        attempt = Attempt(
            number=entry.task.attempts_used + 1,
            outcome=outcome,
            cause=cause,
            agent_id=entry.task.claimed_by or "",
            run_id=run_id or entry.task.run_id,
            ended_at=self.now,
        )
        entry.task = replace(entry.task, attempts=(*entry.task.attempts, attempt))

    def end(
        self,
        entry: Entry,
        action: Action,
        ending: Ending,
        *,
        counts: bool,
        not_before: datetime | None = None,
        parked_for: ParkedFor | None = None,
        conversation: str | None = None,
    ) -> None:
        status, cause, agent_id = self.move(entry, action), cause_of(ending), entry.task.claimed_by
        if counts:
            self.add_attempt(entry, ending.outcome, cause, ending.run_id)
        used, most = entry.task.attempts_used, entry.task.max_attempts
        reason = f"all {used} attempts failed, the last: {cause}" if used >= most > 1 else cause
        question = entry.task.question
        if action is Action.ASK:
            question = ending.question or cause
        elif status in FINAL:
            question = ""
        result = TaskResult(
            success=action is Action.COMPLETE,
            output=ending.output,
            error=ending.error,
            artifacts=ending.artifacts,
        )
        self.free(
            entry,
            status,
            conversation=conversation,
            progress=100 if status is Status.COMPLETED else entry.task.progress,
            fail_reason=reason if status is Status.FAILED else "",
            question=question,
            not_before=not_before,
            parked_for=parked_for,
            result=result if action in (Action.COMPLETE, Action.BURY) else None,
        )
        entry.ready_at = not_before or entry.ready_at
        self.tell(entry, NAMES[action], agent_id)
        if status is Status.COMPLETED:
            self.wake(entry)

    def wake(self, needed: Entry) -> None:
        for entry in self.entries.values():
            task = entry.task
            parked = task.not_before is not None and task.not_before > self.now
            waited = needed.task.id in task.needs and task.status is Status.PENDING
            if waited and not parked and not self.waits(entry):
                entry.task = replace(task, updated_at=self.now, not_before=None, parked_for=None)
                entry.ready_at = self.now
                self.tell(entry, "TaskReady")


def give_back(shelf: Shelf, entry: Entry, note: str, park_s: float = 0.0) -> None:
    agent_id = entry.task.claimed_by
    until = shelf.now + timedelta(seconds=park_s)
    parked = {"not_before": until, "parked_for": ParkedFor.GIVEN_BACK} if park_s else {}
    shelf.free(entry, shelf.move(entry, Action.GIVE_BACK), note=note or entry.task.note, **parked)
    entry.ready_at = until if park_s else entry.ready_at
    shelf.tell(entry, "TaskReleased", agent_id)
