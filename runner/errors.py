"""Every failure a user may meet: what happened, what to do next, and how the program ends.

    RunnerError (1)
        UsageProblem (2)        what was typed or configured is wrong
            SettingsProblem         a settings, limits or credentials file
            TemplateProblem         a prompt template
            NotARepository          no git repository here
        Conflict (3)            somebody else has it
            AlreadyClaimed          the task is in other hands
            LeaseLost               a newer claim exists; every side effect must stop
                TaskCancelled (130)     a person cancelled it meanwhile
            InvalidTransition       the task's state does not allow it
        TryLater (4)            nothing is wrong; it works later
            QuotaExceeded           the allowance is spent
            NothingToClaim          no task is ready
                NotReady                the named task is parked, or waits for others
                OtherProject (2)        those that are ready belong to other repositories than this one
            LacksCapability         the named task asks for what this agent cannot do
            Busy                    a lock was not free in time
        OutsideTrouble (5)      a program or a service we depend on
            ProgramMissing, GitFailed, GhFailed, ClaudeNotStarted, ChildTimedOut, StoreFailed
            LeaseUnconfirmed        whether the task is still ours cannot be asked: nothing leaves
            DeliveryWaits           the work is done and kept, but not handed over yet (4 with a time)
        UnknownTask (1), BranchMoved (1)
        Stopped (130, 3 or 1)   a run was told to stop; the exit code follows the reason

Codes: design page, section 9. 70 is a bug and has no class here: it is every other exception.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class RunnerError(Exception):
    """An expected failure: the message says what happened, the hint what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageProblem(RunnerError):
    """What was typed or configured is wrong; nothing was done."""

    exit_code = 2


class SettingsProblem(UsageProblem):
    """A bad key or value in a settings, limits or credentials file."""


class TemplateProblem(UsageProblem):
    """A prompt template that cannot be rendered."""


class NotARepository(UsageProblem):
    """The folder does not belong to a git repository that we can work in."""


class Conflict(RunnerError):
    """Somebody else holds what was asked for."""

    exit_code = 3


class AlreadyClaimed(Conflict):
    """The task is in other hands, or in the asking agent's own; then `own_run` is the run that it was claimed for."""

    own_run = ""


class LeaseLost(Conflict):
    """A larger fence exists or the task is final: the caller must stop all side effects."""


class TaskCancelled(LeaseLost):
    """A person cancelled the task while it was worked on."""

    exit_code = EXIT_INTERRUPTED


class InvalidTransition(Conflict):
    """The task's state does not allow what was asked."""


class TryLater(RunnerError):
    """Nothing is wrong; the same call can succeed later."""

    exit_code = 4


class QuotaExceeded(TryLater):
    """The allowance is spent; `retry_at` is when the binding limit frees up (None: only a person can free it)."""

    def __init__(self, message: str, *, hint: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_at = retry_at


class NothingToClaim(TryLater):
    """No task is ready for this agent."""


class NotReady(NothingToClaim):
    """The named task cannot be claimed yet: it is parked, or waits for other tasks."""


class OtherProject(NothingToClaim):
    """Tasks are ready, but all of them belong to other repositories than the one we stand in."""

    exit_code = 2


class LacksCapability(TryLater):
    """The named task asks for what this agent does not have; another agent may take it."""


class Busy(TryLater):
    """A lock that another process holds was not free in time."""


class OutsideTrouble(RunnerError):
    """A program or service that we depend on failed."""

    exit_code = 5


class ProgramMissing(OutsideTrouble):
    """A program that we call is not on PATH, or cannot be run."""


class GitFailed(OutsideTrouble):
    """`git` could not do what was asked; the message carries its last words."""


GhTrouble = Literal["later", "refused", "rejected"]
"""later: it passes by itself (no network, 5xx, no answer in time, too many requests). refused: a person must act (not
signed in, no such repository, no right to it, no gh). rejected: this request will never do (a branch is missing)."""


class GhFailed(OutsideTrouble):
    """`gh` could not do what was asked; the message carries its last words.

    `retry_at` is when a host that wants fewer requests will answer again; None: it does not say, or that is not why.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        kind: GhTrouble = "rejected",
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retry_at = retry_at


class ClaudeNotStarted(OutsideTrouble):
    """The `claude` program is missing, too old or refused its arguments; nothing was spent."""


class ChildTimedOut(OutsideTrouble):
    """A child process was ended because its time was over."""


class StoreFailed(OutsideTrouble):
    """A database or state file cannot be read or written; nothing was changed."""


class LeaseUnconfirmed(OutsideTrouble):
    """The queue cannot be asked whether a task is still ours, and the lease may have run out: nothing may leave."""


class DeliveryWaits(OutsideTrouble):
    """The work of a run is done and kept, but cannot be handed over now; going on with the run does the rest.

    With `retry_at`, when the forge will answer again, nothing is wrong and it only has to wait (4).
    """

    def __init__(self, message: str, *, hint: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_at = retry_at
        if retry_at is not None:
            self.exit_code = TryLater.exit_code


class UnknownTask(RunnerError):
    """No task has this id."""


class UnknownRun(RunnerError):
    """No run of this machine has this id, or begins with it."""


class BranchMoved(RunnerError):
    """The remote branch has commits that are not ours; it was left alone."""


class Stopped(RunnerError):
    """A run was told to stop. `reason` is the `StopReason` value; the exit code follows from it."""

    def __init__(self, message: str, *, reason: str, exit_code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.exit_code = exit_code
