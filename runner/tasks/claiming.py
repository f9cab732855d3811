"""Taking a task: the named one, or the best one that is ready for this agent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runner.errors import AlreadyClaimed, NothingToClaim, UsageProblem
from runner.storage.protocol import Value
from runner.storage.times import moment, seconds
from runner.tasks import admission, journal, repeats
from runner.tasks.assembly import task_of
from runner.tasks.commands import ClaimTask, Granted
from runner.tasks.endings import count_lost_attempt
from runner.tasks.journal import Happening
from runner.tasks.model import ClaimRequest, Status
from runner.tasks.ordering import is_eligible
from runner.tasks.record import Record, at, load, save, select
from runner.tasks.text import task_id
from runner.tasks.transitions import Action, after, conflict
from runner.tasks.work import Work

_READY = "status = 'pending' AND waiting = 0"  # word for word as in the partial indexes
_EXPIRED = "status = 'in_progress' AND lease_until <= ? AND waiting = 0"
_FIRST_PAGE, _NEXT_PAGES = 1, 50
"""Nearly always the first row fits; only a queue full of tasks for other agents needs more."""


def claim(work: Work, command: ClaimTask) -> Granted:
    """Take one task. Raises: NothingToClaim, UnknownTask, AlreadyClaimed, InvalidTransition, UsageProblem."""
    request = admission.claim(command.request)
    content = repr(replace(request, request_id=""))
    known = repeats.recall(work, request.request_id, content)
    if known is not None:
        return _again(work, *known)
    record = _named(work, request, request.task_id) if request.task_id else _best(work, request)
    held = _take(work, record, request)
    repeats.remember(work, request.request_id, content, number=held.number, fence=held.fence)
    return Granted(task=task_of(work.tx, held), fence=held.fence, duration_s=request.lease_s)


def _again(work: Work, number: int, fence: int) -> Granted:
    """The same claim; of its lease only what is left, nothing if it is over or somebody else's now."""
    record = at(work.tx, number)
    left = (record.lease_until or 0) - work.now if record.fence == fence else 0
    return Granted(task=task_of(work.tx, record), fence=fence, duration_s=max(left, 0) / 1_000_000)


def _take(work: Work, record: Record, request: ClaimRequest) -> Record:
    if record.is_held:
        record = count_lost_attempt(work, record)
    lease = seconds(request.lease_s)
    held = record._replace(
        status=after(Status(record.status), Action.CLAIM, record.id).value,
        updated_at=work.now,
        not_before=None,
        fence=record.fence + 1,
        claimed_by=request.agent_id,
        claimed_at=work.now,
        run_id=request.run_id,
        lease=lease,
        lease_until=work.now + lease,
        progress=0,
        note="",
    )
    journal.tell(
        work,
        held,
        Happening.CLAIMED,
        agent_id=held.claimed_by,
        fence=held.fence,
        attempt=held.attempts_used + 1,
        run_id=held.run_id,
    )
    return save(work.tx, held)


def _named(work: Work, request: ClaimRequest, wanted: str) -> Record:
    """The task that was asked for by name; naming it overrides what it requires, never its project."""
    record = load(work.tx, wanted)
    if request.project is not None and record.project != request.project:
        raise UsageProblem(
            f"{record.id} belongs to the project {record.project}, not to {request.project}",
            hint="work on it in a checkout of its project",
        )
    if record.is_held_at(work.now):
        raise AlreadyClaimed(
            f"{record.id} is held by {record.claimed_by} until {moment(record.lease_until or 0):%H:%M:%S} UTC",
            hint="`runner release` takes it out of its holder's hands",
        )
    after(Status(record.status), Action.CLAIM, record.id)
    if record.waiting:
        raise conflict(Status.PENDING, f"{record.id} waits for {', '.join(_open_needs(work, record))}")
    if record.not_before is not None and record.not_before > work.now:
        raise conflict(
            Status.PENDING, f"{record.id} is parked until {moment(record.not_before):%Y-%m-%d %H:%M:%S} UTC"
        )
    return record


def _open_needs(work: Work, record: Record) -> list[str]:
    rows = work.tx.rows(
        "SELECT task.number FROM task_need JOIN task ON task.number = task_need.need"
        " WHERE task_need.task = ? AND task.status <> 'completed' ORDER BY task.number",
        (record.number,),
    )
    return [task_id(row[0]) for row in rows]


def _best(work: Work, request: ClaimRequest) -> Record:
    fitting: list[Record] = []
    others: list[Record] = []
    for rows in (_ready(work, request), _left_behind(work, request)):
        for row in rows:
            if is_eligible(row.capabilities, request.capabilities):
                fitting.append(row)
                break
            others.append(row)
    if not fitting:
        raise _nothing(work, request, others)
    return min(fitting, key=_place)


def _place(record: Record) -> tuple[int, int]:
    return record.order_key, record.number


def _nothing(work: Work, request: ClaimRequest, others: list[Record]) -> NothingToClaim:
    """The refusal, with what a person would ask next: is anything there at all, and when?"""
    whose, project = _of_project(request)
    soonest = work.tx.row(
        f"SELECT min(not_before) FROM task WHERE {_READY}{whose} AND not_before > ?",  # noqa: S608 - our own SQL
        (*project, work.now),
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


def _ready(work: Work, request: ClaimRequest) -> Iterator[Record]:
    """Tasks in the order of the queue, a page at a time."""
    after_key, after_number, size = -(2**63), 0, _FIRST_PAGE
    whose, project = _of_project(request)
    while True:
        page = select(
            work.tx,
            f"WHERE {_READY}{whose} AND (order_key, number) > (?, ?)"
            " AND (not_before IS NULL OR not_before <= ?) ORDER BY order_key, number LIMIT ?",
            (*project, after_key, after_number, work.now, size),
        )
        yield from page
        if len(page) < size:
            return
        after_key, after_number, size = page[-1].order_key, page[-1].number, _NEXT_PAGES


def _left_behind(work: Work, request: ClaimRequest) -> list[Record]:
    """Tasks whose holder let the lease expire; few, so that sorting them costs nothing."""
    whose, project = _of_project(request)
    return select(work.tx, f"WHERE {_EXPIRED}{whose} ORDER BY order_key, number", (work.now, *project))


def _of_project(request: ClaimRequest) -> tuple[str, tuple[Value, ...]]:
    return ("", ()) if request.project is None else (" AND project = ?", (request.project,))
