"""Which task a claim gets: the named one, or the best one that is ready for this agent; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator

from runner.errors import (
    AlreadyClaimed,
    InvalidTransition,
    LacksCapability,
    NothingToClaim,
    NotReady,
    RunnerError,
    UsageProblem,
)
from runner.storage.protocol import Reading, Value
from runner.storage.times import moment
from runner.tasks.assembly import task_of
from runner.tasks.model import ClaimRequest, Status
from runner.tasks.ordering import is_eligible
from runner.tasks.queries import statuses
from runner.tasks.record import Record, load, select
from runner.tasks.transitions import Action, after
from runner.tasks.waiting import Wait, WaitKind, waiting_for

_READY = "status = 'pending' AND waiting = 0"  # word for word as in the partial indexes
_EXPIRED = "status = 'in_progress' AND lease_until <= ? AND waiting = 0 AND attempts_used + 1 < max_attempts"
_FIRST_PAGE, _NEXT_PAGES = 1, 50
"""Nearly always the first row fits; only a queue full of tasks for other agents needs more."""

_REFUSALS: dict[WaitKind, type[RunnerError]] = {
    WaitKind.HOLDER: AlreadyClaimed,
    WaitKind.LOST: InvalidTransition,
    WaitKind.ANSWER: InvalidTransition,
    WaitKind.LOST_NEEDS: InvalidTransition,
    WaitKind.CAPABILITIES: LacksCapability,
    WaitKind.NEEDS: NotReady,
    WaitKind.TIME: NotReady,
}


def choose(reading: Reading, request: ClaimRequest, now: int) -> Record:
    """The task that this (checked) request gets at `now`, in microseconds.

    Raises:
        NothingToClaim, NotReady, LacksCapability: not now, or not this agent.
        UnknownTask, AlreadyClaimed, InvalidTransition, UsageProblem: not the named one.
    """
    if request.task_id:
        return _named(reading, request, request.task_id, now)
    return _best(reading, request, now)


def _named(reading: Reading, request: ClaimRequest, wanted: str, now: int) -> Record:
    record = load(reading, wanted)
    if request.project is not None and record.project != request.project:
        raise UsageProblem(
            f"{record.id} belongs to the project {record.project}, not to {request.project}",
            hint="work on it in a checkout of its project",
        )
    task = task_of(reading, record)
    waits = waiting_for(
        task,
        needs=statuses(reading, task.needs),
        capabilities=request.capabilities,
        now=moment(now),
        asking=request.agent_id,
    )
    for wait in waits:
        if not _is_lifted(wait, record, request):
            raise _refusal(wait, record, request)
    after(Status(record.status), Action.CLAIM, record.id)
    return record


def _refusal(wait: Wait, record: Record, request: ClaimRequest) -> RunnerError:
    refusal = _REFUSALS[wait.kind](wait.text, hint=wait.hint)
    if isinstance(refusal, AlreadyClaimed) and record.claimed_by == request.agent_id:
        refusal.own_run = record.run_id
    return refusal


def _is_lifted(wait: Wait, record: Record, request: ClaimRequest) -> bool:
    """A pause is for the next run; the one that the task was last claimed for may go on at once."""
    return wait.kind is WaitKind.TIME and bool(record.run_id) and record.run_id == request.resume_run


def _best(reading: Reading, request: ClaimRequest, now: int) -> Record:
    fitting: list[Record] = []
    others: list[Record] = []
    for rows in (_ready(reading, request, now), _left_behind(reading, request, now)):
        for row in rows:
            if is_eligible(row.capabilities, request.capabilities):
                fitting.append(row)
                break
            others.append(row)
    if not fitting:
        raise _nothing(reading, request, now, others)
    return min(fitting, key=_place)


def _place(record: Record) -> tuple[int, int]:
    return record.order_key, record.number


def _nothing(reading: Reading, request: ClaimRequest, now: int, others: list[Record]) -> NothingToClaim:
    """The refusal, with what a person would ask next: is anything there at all, and when?"""
    whose, project = _of_project(request)
    soonest = reading.row(
        f"SELECT min(not_before) FROM task WHERE {_READY}{whose} AND not_before > ?",  # noqa: S608 - our own SQL
        (*project, now),
    )
    if others:
        first = min(others, key=_place)
        hint = f"{first.id} is ready, but an agent for it must have: {', '.join(first.capabilities)}"
    elif soonest is not None and soonest[0] is not None:
        hint = f"a parked task is ready again at {moment(soonest[0]):%Y-%m-%d %H:%M:%S} UTC"
    else:
        hint = "`runner list` shows what is there, `runner submit` adds a task"
    of = f" of {request.project}" if request.project else ""
    return NothingToClaim(f"no task{of} is ready for {request.agent_id}", hint=hint)


def _ready(reading: Reading, request: ClaimRequest, now: int) -> Iterator[Record]:
    """Tasks in the order of the queue, a page at a time."""
    after_key, after_number, size = -(2**63), 0, _FIRST_PAGE
    whose, project = _of_project(request)
    while True:
        page = select(
            reading,
            f"WHERE {_READY}{whose} AND (order_key, number) > (?, ?)"
            " AND (not_before IS NULL OR not_before <= ?) ORDER BY order_key, number LIMIT ?",
            (*project, after_key, after_number, now, size),
        )
        yield from page
        if len(page) < size:
            return
        after_key, after_number, size = page[-1].order_key, page[-1].number, _NEXT_PAGES


def _left_behind(reading: Reading, request: ClaimRequest, now: int) -> list[Record]:
    """Tasks whose holder let the lease expire; few, so that sorting them costs nothing."""
    whose, project = _of_project(request)
    return select(reading, f"WHERE {_EXPIRED}{whose} ORDER BY order_key, number", (now, *project))


def _of_project(request: ClaimRequest) -> tuple[str, tuple[Value, ...]]:
    return ("", ()) if request.project is None else (" AND project = ?", (request.project,))
