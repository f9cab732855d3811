"""The rules of a task's life: which action leads where, and what an outcome leads to; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from runner.errors import InvalidTransition, LeaseLost
from runner.tasks.model import Outcome, ParkedFor, Status
from runner.tasks.ordering import is_last

BACKOFF_FIRST_S = 5.0
BACKOFF_CAP_S = 3600.0
PAUSE_S = 60.0
"""How long a task waits when its agent cannot sign in or pay; the agent pauses too, others may take it then."""
UNKNOWN_RESET_S = 300.0
"""How long it waits at a usage limit that does not say when it resets."""
LONGEST_PARK_S = 31 * 86_400.0
"""A reset further away than a month is not believed: the task is tried again then."""


class Action(StrEnum):
    """What can be done to a task; what it becomes is in `TABLE`."""

    CLAIM = "claim"
    COMPLETE = "complete"
    RETRY = "retry"
    PARK = "park"
    ASK = "ask"
    BURY = "bury"
    """It becomes a dead letter."""
    GIVE_BACK = "give back"
    CANCEL = "cancel"
    REQUEUE = "requeue"
    ANSWER = "answer"
    BLOCK = "block"
    UNBLOCK = "unblock"


_DONE = {
    Action.CLAIM: "claimed",
    Action.COMPLETE: "completed",
    Action.RETRY: "tried again",
    Action.PARK: "parked",
    Action.ASK: "blocked",
    Action.BURY: "ended as failed",
    Action.GIVE_BACK: "given back",
    Action.CANCEL: "cancelled",
    Action.REQUEUE: "requeued",
    Action.ANSWER: "answered",
    Action.BLOCK: "blocked",
    Action.UNBLOCK: "unblocked",
}
"""How people say that it was done."""

_HELD = {
    Action.CLAIM: Status.IN_PROGRESS,  # only when the lease has expired; the claim looks at that
    Action.COMPLETE: Status.COMPLETED,
    Action.RETRY: Status.PENDING,
    Action.PARK: Status.PENDING,
    Action.ASK: Status.BLOCKED,
    Action.BURY: Status.FAILED,
    Action.GIVE_BACK: Status.PENDING,
    Action.CANCEL: Status.CANCELLED,
}
_BY_HAND = {
    Action.COMPLETE: Status.COMPLETED,
    Action.BURY: Status.FAILED,
    Action.CANCEL: Status.CANCELLED,
}
_ENDED = {Action.REQUEUE: Status.PENDING}

_BY_STATUS: Mapping[Status, Mapping[Action, Status]] = {
    Status.PENDING: {
        Action.CLAIM: Status.IN_PROGRESS,
        Action.BLOCK: Status.BLOCKED,
        Action.UNBLOCK: Status.PENDING,  # a parked task becomes ready
        **_BY_HAND,
    },
    Status.IN_PROGRESS: _HELD,
    Status.BLOCKED: {
        Action.ANSWER: Status.PENDING,
        Action.REQUEUE: Status.PENDING,
        Action.UNBLOCK: Status.PENDING,
        **_BY_HAND,
    },
    Status.COMPLETED: _ENDED,
    Status.FAILED: _ENDED,
    Status.CANCELLED: _ENDED,
}

TABLE: Mapping[tuple[Status, Action], Status] = MappingProxyType(
    {(status, action): after for status, row in _BY_STATUS.items() for action, after in row.items()}
)
"""The one transition table of every driver; what is not in it is a conflict."""

BY_WISH: Mapping[Status, Action] = MappingProxyType(
    {
        Status.PENDING: Action.UNBLOCK,
        Status.BLOCKED: Action.BLOCK,
        Status.COMPLETED: Action.COMPLETE,
        Status.FAILED: Action.BURY,
        Status.CANCELLED: Action.CANCEL,
    }
)
"""The action behind a status that a person sets on a task that nobody holds."""

_BY_OUTCOME: Mapping[Outcome, Action] = MappingProxyType(
    {
        Outcome.DONE: Action.COMPLETE,
        Outcome.DONE_NO_CHANGE: Action.COMPLETE,
        Outcome.NEEDS_INPUT: Action.ASK,
        Outcome.CHECKS_FAILED: Action.RETRY,
        Outcome.BUDGET: Action.RETRY,
        Outcome.TURNS: Action.RETRY,
        Outcome.TIMEOUT: Action.RETRY,
        Outcome.OVERLOADED: Action.RETRY,
        Outcome.CRASHED: Action.RETRY,
        Outcome.NO_RESULT: Action.RETRY,
        Outcome.CONTEXT_OVERFLOW: Action.RETRY,
        Outcome.LIMIT_UNTIL: Action.PARK,
        Outcome.AUTH: Action.PARK,
        Outcome.BILLING: Action.PARK,
        Outcome.INVALID_REQUEST: Action.BURY,
        # A person who cancels the task has ended it already; what a run reports is its own Ctrl-C.
        Outcome.CANCELLED: Action.GIVE_BACK,
    }
)
_USES_AN_ATTEMPT = frozenset({Action.COMPLETE, Action.RETRY, Action.BURY})

_HINTS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PENDING: "it is in the queue; nobody holds it",
        Status.IN_PROGRESS: "`runner release` takes it out of its holder's hands, `runner cancel` ends it",
        Status.BLOCKED: "`runner answer` lets it go on, `runner requeue` starts it afresh",
        Status.COMPLETED: "`runner requeue` starts it afresh",
        Status.FAILED: "`runner requeue` gives it a fresh set of attempts",
        Status.CANCELLED: "`runner requeue` puts it into the queue again",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an ended attempt leads to."""

    action: Action
    counts_attempt: bool
    not_before: datetime | None
    """Parked until then; None is ready at once, or not pending at all."""
    keeps_conversation: bool
    parked_for: ParkedFor | None = None


def after(status: Status, action: Action, task_id: str) -> Status:
    """What a task becomes. Raises: InvalidTransition if the table has no such row."""
    found = TABLE.get((status, action))
    if found is None:
        raise conflict(status, f"{task_id} is {status.value.replace('_', ' ')}: it cannot be {_DONE[action]}")
    return found


def conflict(status: Status, message: str) -> InvalidTransition:
    """The error for a task whose status does not allow what was asked."""
    return InvalidTransition(message, hint=_HINTS[status])


def decide(
    outcome: Outcome,
    *,
    attempts_used: int,
    max_attempts: int,
    now: datetime,
    jitter: float,
    retry_at: datetime | None = None,
) -> Decision:
    """What becomes of a held task whose attempt ended so. `jitter` is from 0 to 1, `attempts_used` without this one.

    Raises:
        LeaseLost: for that outcome; a runner without a lease has nothing to report.
    """
    action = _BY_OUTCOME.get(outcome)
    if action is None:
        raise LeaseLost("a lost lease is nothing to report", hint="the task belongs to a newer claim")
    if action is Action.RETRY and is_last(attempts_used, max_attempts):
        action = Action.BURY
    return Decision(
        action=action,
        counts_attempt=action in _USES_AN_ATTEMPT,
        not_before=_not_before(action, outcome, attempts_used + 1, now, jitter, retry_at),
        keeps_conversation=outcome is not Outcome.CONTEXT_OVERFLOW,
        parked_for=_parked_for(action, outcome, retry_at),
    )


def by_hand(outcome: Outcome) -> Action:
    """What a person's ending means: done, called off, or failed for good."""
    if outcome in (Outcome.DONE, Outcome.DONE_NO_CHANGE):
        return Action.COMPLETE
    return Action.CANCEL if outcome is Outcome.CANCELLED else Action.BURY


def backoff_s(failures: int, jitter: float) -> float:
    """How long to wait after the nth failure: anything up to 5 s, 10 s, 20 s, ... an hour ("full jitter")."""
    doublings = min(failures - 1, 30)  # far past the cap, and never too large for a float
    return jitter * min(BACKOFF_CAP_S, BACKOFF_FIRST_S * 2.0**doublings)


def _parked_for(action: Action, outcome: Outcome, retry_at: datetime | None) -> ParkedFor | None:
    if action is Action.RETRY:
        return ParkedFor.RETRY
    if action is not Action.PARK:
        return None
    if outcome is Outcome.LIMIT_UNTIL:
        return ParkedFor.LIMIT_UNKNOWN if retry_at is None else ParkedFor.LIMIT
    return ParkedFor.SIGN_IN if outcome is Outcome.AUTH else ParkedFor.BILLING


def _not_before(
    action: Action, outcome: Outcome, failures: int, now: datetime, jitter: float, retry_at: datetime | None
) -> datetime | None:
    if action is Action.RETRY:
        return now + timedelta(seconds=backoff_s(failures, jitter))
    if action is not Action.PARK:
        return None
    if outcome is not Outcome.LIMIT_UNTIL:
        return now + timedelta(seconds=PAUSE_S)
    reset = retry_at if retry_at is not None else now + timedelta(seconds=UNKNOWN_RESET_S)
    return min(max(reset, now), now + timedelta(seconds=LONGEST_PARK_S))
