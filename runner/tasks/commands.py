"""What can be asked of the queue, and what it replies; values, so that many can be carried out at once."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import RunnerError
from runner.tasks.model import ClaimRequest, Ending, NewTask, Report, Task, TaskChange


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """Put a task into the queue."""

    new: NewTask
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTask:
    """Take a task for an agent."""

    request: ClaimRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewLease:
    """A holder is alive, and tells the news."""

    task_id: str
    fence: int
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask:
    """A holder ends its attempt."""

    task_id: str
    fence: int
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLease:
    """A holder gives the task back; it stays parked for `park_s` seconds."""

    task_id: str
    fence: int
    note: str
    park_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTask:
    """A person changes a status, a progress, a note, or what it closes."""

    task_id: str
    change: TaskChange


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishTask:
    """A person ends the task by hand."""

    task_id: str
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask:
    """A person calls the task off."""

    task_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueTask:
    """A person starts an ended or blocked task afresh."""

    task_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """A person takes the task out of its holder's hands."""

    task_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTask:
    """A person answers the question of a blocked task."""

    task_id: str
    text: str


Command = (
    CreateTask
    | ClaimTask
    | RenewLease
    | CompleteTask
    | ReleaseLease
    | UpdateTask
    | FinishTask
    | CancelTask
    | RequeueTask
    | TakeBack
    | AnswerTask
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The reply to a claim. `duration_s` is what is left of the lease by the store's clock."""

    task: Task
    fence: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The reply to a renewal."""

    duration_s: float


Reply = Task | Granted | Renewed | RunnerError
"""A command that failed is answered by its error; it changed nothing, and the others of its batch are not affected."""
