"""What stands between a task and its next claim; pure, and the one rule for claims, dry runs and what people see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runner.tasks.model import FINAL, ParkedFor, Status, Task
from runner.tasks.ordering import is_last, missing

NEVER = frozenset({Status.FAILED, Status.CANCELLED})
"""A need that ended so is not completed by itself any more: what needs it waits until a person acts."""


class WaitKind(StrEnum):
    """What a task waits for."""

    HOLDER = "holder"
    """Somebody works on it."""
    LOST = "lost"
    """The holder of its last attempt was not heard of again: the next claim makes it a dead letter."""
    ANSWER = "answer"
    LOST_NEEDS = "lost_needs"
    """Tasks that failed or were cancelled: it waits for ever unless a person acts."""
    CAPABILITIES = "capabilities"
    NEEDS = "needs"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One thing that a task waits for."""

    kind: WaitKind
    text: str
    """A sentence for people."""
    hint: str
    """What to do about it."""
    names: tuple[str, ...] = ()
    """The holder, the ids of tasks, or the capabilities."""
    until: datetime | None = None
    """When it is over by itself; None if no clock decides."""

    @property
    def brief(self) -> str:
        """A few words, for a column."""
        who = "an answer" if self.kind is WaitKind.ANSWER else ", ".join(self.names)
        when = f"until {_at(self.until, '%Y-%m-%d %H:%M')}" if self.until else ""
        return f"{who} {when}".strip()


def waiting_for(
    task: Task,
    *,
    needs: Mapping[str, Status],
    capabilities: Collection[str],
    now: datetime,
    asking: str = "",
) -> tuple[Wait, ...]:
    """Why nobody, or not this agent, can claim the task at `now`; what weighs most comes first.

    `needs` has the status of each task in `task.needs`; one that is missing there is completed. Nothing is waited
    for by a task that is ready, and by one that has ended. `asking` is the agent that is told, if there is one.
    """
    if task.status in FINAL:
        return ()
    if task.status is Status.IN_PROGRESS and _is_held(task, now):
        return (_holder(task, asking),)
    found = (
        _lost(task),
        _answer(task),
        _lost_needs(task, needs),
        _capabilities(task, capabilities),
        _needs(task, needs),
        _time(task, now),
    )
    return tuple(wait for wait in found if wait is not None)


def _is_held(task: Task, now: datetime) -> bool:
    return task.lease_until is not None and task.lease_until > now


def _holder(task: Task, asking: str) -> Wait:
    who = task.claimed_by or ""
    own = bool(who) and who == asking
    named = f"you ({who})" if own else who
    return Wait(
        kind=WaitKind.HOLDER,
        text=f"{task.id} is held by {named} until {_at(task.lease_until, '%Y-%m-%d %H:%M:%S')}",
        hint=f"`runner release {task.id}` gives it back"
        if own
        else "`runner release` takes it out of its holder's hands",
        names=(who,),
        until=task.lease_until,
    )


def _lost(task: Task) -> Wait | None:
    if task.status is not Status.IN_PROGRESS or not is_last(task.attempts_used, task.max_attempts):
        return None
    return Wait(
        kind=WaitKind.LOST,
        text=f"{task.id} is lost: {task.claimed_by} was not heard of again, and it was the last attempt",
        hint=f"`runner release {task.id}` gives it another chance",
        names=(task.claimed_by or "",),
    )


def _answer(task: Task) -> Wait | None:
    if task.status is not Status.BLOCKED:
        return None
    if not task.question:
        hint = f"`runner update {task.id} --status pending` lets it go on"
        return Wait(kind=WaitKind.ANSWER, text=f"{task.id} is blocked by hand", hint=hint)
    question = " ".join(task.question.split())
    return Wait(
        kind=WaitKind.ANSWER,
        text=f"{task.id} is blocked, a person must answer: {question}",
        hint=f"`runner answer {task.id} TEXT` lets it go on",
    )


def _lost_needs(task: Task, needs: Mapping[str, Status]) -> Wait | None:
    lost = tuple(need for need in task.needs if needs.get(need) in NEVER)
    if not lost:
        return None
    return Wait(
        kind=WaitKind.LOST_NEEDS,
        text=f"{task.id} waits for ever for {_with_status(lost, needs)}",
        hint=f"`runner requeue {lost[0]}` tries that again, `runner cancel {task.id}` gives this one up",
        names=lost,
    )


def _needs(task: Task, needs: Mapping[str, Status]) -> Wait | None:
    done = NEVER | {Status.COMPLETED}
    open_ones = tuple(need for need in task.needs if needs.get(need, Status.COMPLETED) not in done)
    if not open_ones:
        return None
    return Wait(
        kind=WaitKind.NEEDS,
        text=f"{task.id} waits for {_with_status(open_ones, needs)}",
        hint=f"`runner show {open_ones[0]}` tells how far that is",
        names=open_ones,
    )


def _capabilities(task: Task, capabilities: Iterable[str]) -> Wait | None:
    lacking = missing(task.requires, capabilities)
    if not lacking:
        return None
    having = ",".join([*capabilities, *lacking])
    return Wait(
        kind=WaitKind.CAPABILITIES,
        text=f"{task.id} requires {', '.join(lacking)}, which this agent does not have",
        hint=f"if it has: `runner config set capabilities {having}`",
        names=lacking,
    )


def _time(task: Task, now: datetime) -> Wait | None:
    if task.not_before is None or task.not_before <= now:
        return None
    why = _why_parked(task)
    return Wait(
        kind=WaitKind.TIME,
        text=f"{task.id} is parked until {_at(task.not_before, '%Y-%m-%d %H:%M:%S')}{why and f': {why}'}",
        hint=f"`runner update {task.id} --status pending` makes it ready now",
        until=task.not_before,
    )


def _why_parked(task: Task) -> str:
    if task.parked_for is ParkedFor.GIVEN_BACK:
        return task.note or "given back"
    if task.parked_for is ParkedFor.RETRY and task.attempts:
        last = task.attempts[-1]
        outcome = last.outcome.value.replace("_", " ")
        return f"it pauses after attempt {last.number} of {task.max_attempts} ({outcome})"
    return _PARKED.get(task.parked_for, "")


_PARKED: Mapping[ParkedFor | None, str] = {
    ParkedFor.LIMIT: "the usage limit resets then",
    ParkedFor.LIMIT_UNKNOWN: "a usage limit was met",
    ParkedFor.SIGN_IN: "claude was not signed in",
    ParkedFor.BILLING: "nobody pays for claude",
}


def _with_status(tasks: Iterable[str], statuses: Mapping[str, Status]) -> str:
    return ", ".join(f"{task} ({statuses[task].value.replace('_', ' ')})" for task in tasks)


def _at(moment: datetime | None, form: str) -> str:
    return f"{moment:{form}} UTC" if moment else "the end of its lease"
