"""Taking a task: it gets a holder, a lease and a larger fence."""

from __future__ import annotations

from dataclasses import replace

from runner.storage.times import seconds
from runner.tasks import admission, journal, repeats
from runner.tasks.assembly import task_of
from runner.tasks.choosing import choose
from runner.tasks.commands import ClaimTask, Granted
from runner.tasks.endings import count_lost_attempt
from runner.tasks.journal import Happening
from runner.tasks.model import ClaimRequest, Status
from runner.tasks.record import Record, at, save
from runner.tasks.transitions import Action, after
from runner.tasks.work import Work


def claim(work: Work, command: ClaimTask) -> Granted:
    """Take one task. Raises as `choose`, and UsageProblem (a value out of range, or a request id used before)."""
    request = admission.claim(command.request)
    content = repeats.content_of(replace(request, request_id=""))
    known = repeats.recall(work, request.request_id, content)
    if known is not None:
        return _again(work, *known)
    held = _take(work, choose(work.tx, request, work.now), request)
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
        parked_for="",
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
