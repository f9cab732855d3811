"""What a task is, and the words around it; values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a task stands. Parked is `pending` with a `not_before` in the future."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    """Waits for a person's answer."""
    COMPLETED = "completed"
    FAILED = "failed"
    """A dead letter: every attempt is used up, or the request can never succeed."""
    CANCELLED = "cancelled"


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical up to 3 for low."""
        return list(Priority).index(self)


class Outcome(StrEnum):
    """How one run ended (design page, section 5); what the task becomes follows from it."""

    DONE = "done"
    DONE_NO_CHANGE = "done_no_change"
    NEEDS_INPUT = "needs_input"
    CHECKS_FAILED = "checks_failed"
    BUDGET = "budget"
    TURNS = "turns"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    CRASHED = "crashed"
    NO_RESULT = "no_result"
    CONTEXT_OVERFLOW = "context_overflow"
    LIMIT_UNTIL = "limit_until"
    AUTH = "auth"
    BILLING = "billing"
    INVALID_REQUEST = "invalid_request"
    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"


class ParkedFor(StrEnum):
    """Why a pending task is parked until its `not_before`."""

    RETRY = "retry"
    """Its last attempt failed; the next one waits a while."""
    LIMIT = "limit"
    """A usage limit was met; it waits for the reset, a time that was told."""
    LIMIT_UNKNOWN = "limit_unknown"
    """A usage limit that does not say when it resets."""
    SIGN_IN = "sign_in"
    """Claude was not signed in."""
    BILLING = "billing"
    """Nobody pays for claude."""
    GIVEN_BACK = "given_back"
    """Its holder gave it back with a pause; the note says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A place in the repository that the task names; the path is as given, unchecked."""

    path: str
    start: int | None = None
    """First line, from 1; None means the whole file."""
    end: int | None = None
    """Last line, inclusive; None means `start` alone, or the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What a person asks for; the engine gives it an id and a place in the queue."""

    title: str
    project: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    labels: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    """Capabilities an agent must have."""
    files: tuple[FileReference, ...] = ()
    needs: tuple[str, ...] = ()
    """Ids of tasks that must be completed first."""
    closes: tuple[str, ...] = ()
    """Issues that merging its pull request closes, written in any way that `tasks.issues` reads."""
    max_attempts: int = 3
    model: str | None = None
    """The model to run with; None lets the agent's settings decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a task that ended, numbered from 1; `cause` is one line for people."""

    number: int
    outcome: Outcome
    cause: str
    agent_id: str
    run_id: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work as the store knows it now. All times are aware UTC."""

    id: str
    title: str
    project: str
    description: str
    priority: Priority
    status: Status
    labels: tuple[str, ...]
    requires: tuple[str, ...]
    files: tuple[FileReference, ...]
    needs: tuple[str, ...]
    closes: tuple[str, ...] = ()
    """Issues that merging its pull request closes: `#12`, `owner/repo#12` or an address."""
    max_attempts: int
    model: str | None
    created_at: datetime
    updated_at: datetime
    fence: int = 0
    """Grows with each claim; 0 while nobody ever claimed it."""
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    run_id: str = ""
    """The run of the newest claim, kept after its end; empty if none was named."""
    lease_until: datetime | None = None
    """When the holder's lease runs out unless it is renewed; None while nobody holds the task."""
    not_before: datetime | None = None
    """Parked until then; None means ready as soon as its needs are completed."""
    parked_for: ParkedFor | None = None
    """Why it is, or was last, parked; None if it never was since its last claim."""
    progress: int = 0
    """0 to 100."""
    note: str = ""
    """The newest note of its holder."""
    question: str = ""
    """What a person must answer; only while blocked."""
    answer: str = ""
    """The newest answer; the next run's prompt carries it."""
    fail_reason: str = ""
    result: TaskResult | None = None
    conversation: str | None = None
    """The claude session a next run should resume; None starts afresh."""
    attempts: tuple[Attempt, ...] = ()
    archived_at: datetime | None = None
    """Since when it is kept in short form only, and can only be looked at; None for all others."""

    @property
    def attempts_used(self) -> int:
        return len(self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What a completed or failed task left behind."""

    success: bool
    output: str = ""
    error: str = ""
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one task for `duration_s` seconds from `taken_at` (monotonic seconds)."""

    task_id: str
    fence: int
    duration_s: float
    taken_at: float

    def is_live(self, now: float) -> bool:
        return now < self.taken_at + self.duration_s

    def heartbeat_due(self, now: float) -> bool:
        """A third of the lease has passed: two more beats may be lost before it lapses."""
        return now >= self.taken_at + self.duration_s / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A task together with the right to work on it."""

    task: Task
    lease: Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """Ask for one task: the named one, or the best ready one this agent may take."""

    agent_id: str
    request_id: str
    """A repeat with the same id returns the same claim; the same id with other content is refused."""
    task_id: str | None = None
    project: str | None = None
    """None claims from any project."""
    capabilities: tuple[str, ...] = ()
    lease_s: float = 60.0
    run_id: str = ""
    resume_run: str | None = None
    """The run that goes on: the named task may be parked if its newest claim was that run's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a holder says while it works: a sign of life, and progress if there is news."""

    progress: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a holder's run ended; the engine decides what the task becomes."""

    outcome: Outcome
    run_id: str = ""
    output: str = ""
    error: str = ""
    artifacts: tuple[str, ...] = ()
    question: str = ""
    retry_at: datetime | None = None
    """When a limit resets; only with `limit_until`."""
    conversation: str | None = None
    """A claude session worth resuming; None tells the next run to start afresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks to list; None or empty means any."""

    status: tuple[Status, ...] = ()
    priority: Priority | None = None
    project: str | None = None
    labels: tuple[str, ...] = ()
    claimed_by: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """A person's change to a task that nobody holds, or (all but status) to any; None leaves a field alone."""

    status: Status | None = None
    progress: int | None = None
    note: str | None = None
    closes: tuple[str, ...] | None = None
    """In place of those it has. A run at work delivers what it began with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """Something that happened to a task, in the order of `seq`; written in the same transaction."""

    seq: int
    at: datetime
    name: str
    """Past tense: TaskSubmitted, TaskClaimed, TaskCompleted, ..."""
    task_id: str
    agent_id: str | None = None
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)
