"""The two faces of the queue: `Claims` is all that a run sees, `TaskBoard` is what people see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

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


class Claims(Protocol):
    """Take a task and work on it under a lease. Only the store's clock decides leases."""

    def claim(self, request: ClaimRequest) -> Claimed:
        """Take one task, atomically; a repeat of the same request id returns the same claim.

        A repeat's lease has only the time that is left (0 if another has the task now): renew it first.

        Raises:
            NothingToClaim: no ready task for this agent; its kind `NotReady`: the named task is parked, or waits for
                others. Parked is none for `resume_run`, if that run was the last to claim it.
            LacksCapability: the named task requires what this agent does not have.
            UnknownTask: no task has the given id.
            AlreadyClaimed: the named task is held by a live lease.
            InvalidTransition: the named task is final or blocked, or needs one that failed or was cancelled.
            UsageProblem: a value out of range, a named task of another project, or the request id was used
                for another request.
        """
        ...

    def renew(self, lease: Lease, report: Report) -> Lease:
        """Prolong the lease and tell the news. An expired lease with the newest fence is renewed too.

        Raises:
            LeaseLost: a larger fence exists, or the task is final; `TaskCancelled` if a person cancelled it.
        """
        ...

    def check(self, lease: Lease) -> None:
        """Return if nobody took the task from this lease, live or expired; cheap enough for each second.

        It also returns when the holder itself has completed the task or given it back. Nothing is written, and no
        lease is prolonged. A driver for which asking costs a round trip may answer from what it heard last.

        Raises: as `renew`.
        """
        ...

    def complete(self, lease: Lease, ending: Ending) -> Task:
        """End the attempt; the outcome decides what the task becomes. A repeat returns the first answer.

        Raises:
            LeaseLost: a larger fence exists, or the task is final by other means; `TaskCancelled` as above.
        """
        ...

    def release(self, lease: Lease, *, note: str, park_s: float = 0.0) -> Task:
        """Give the task back; no attempt is used. A repeat changes nothing.

        It is ready at once, or parked for `park_s` seconds and at the end of its priority then.

        Raises:
            LeaseLost: a larger fence exists, or the task is final; `TaskCancelled` if a person cancelled it.
            UsageProblem: `park_s` is negative, or more than 31 days.
        """
        ...


class TaskBoard(Protocol):
    """What people and the server's pages do with tasks."""

    def create(self, new: NewTask, *, request_id: str) -> Task:
        """Put a task in the queue; a repeat of the request id returns the same task.

        Raises:
            UsageProblem: an empty title, a `needs` cycle, or a value out of range.
            UnknownTask: a task named in `needs` does not exist.
        """
        ...

    def get(self, task_id: str) -> Task:
        """The task; one that ended long ago in short form (`archived_at`). Raises: UnknownTask."""
        ...

    def choose(self, request: ClaimRequest) -> Task:
        """The task that `Claims.claim` would take for this request now; nothing is written, its id is not used up.

        Raises: as `Claims.claim`.
        """
        ...

    def statuses(self, task_ids: Collection[str]) -> Mapping[str, Status]:
        """The status of each of these tasks; ids that no task has are left out."""
        ...

    def list(self, wanted: TaskFilter) -> tuple[Task, ...]:
        """In claim order, at most `wanted.limit`; final tasks after open ones, newest first."""
        ...

    def update(self, task_id: str, change: TaskChange) -> Task:
        """Raises: UnknownTask, InvalidTransition (status of a held task, or not in the table)."""
        ...

    def finish(self, task_id: str, ending: Ending) -> Task:
        """A person ends a task by hand, also one that they took themselves.

        Raises: UnknownTask, InvalidTransition (already final).
        """
        ...

    def cancel(self, task_id: str) -> Task:
        """A holder learns of it when it next checks or renews. Raises: UnknownTask, InvalidTransition (final)."""
        ...

    def requeue(self, task_id: str) -> Task:
        """A final or blocked task gets a fresh set of attempts. Raises: UnknownTask, InvalidTransition."""
        ...

    def release(self, task_id: str) -> Task:
        """Take a task out of its holder's hands; no attempt is used. Raises: UnknownTask, InvalidTransition."""
        ...

    def answer(self, task_id: str, text: str) -> Task:
        """A blocked task goes on with this answer. Raises: UnknownTask, InvalidTransition (not blocked)."""
        ...

    def counts(self, project: str | None = None) -> Mapping[Status, int]:
        """How many tasks there are of each status, 0 for none; of one project, or (None) of all."""
        ...

    def events(
        self, task_id: str | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[TaskEvent, ...]:
        """Events with a larger `seq` than `after`, oldest first. Raises: UnknownTask."""
        ...
