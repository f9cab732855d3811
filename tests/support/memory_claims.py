"""`Claims` in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from runner.errors import (
    AlreadyClaimed,
    InvalidTransition,
    LacksCapability,
    LeaseLost,
    NothingToClaim,
    NotReady,
    TaskCancelled,
    UsageProblem,
)
from runner.tasks import admission
from runner.tasks.model import Claimed, ClaimRequest, Ending, Lease, Outcome, Report, Status, Task
from runner.tasks.text import cleaned_line
from runner.tasks.transitions import Action, decide
from tests.support.memory_shelf import Entry, Shelf, give_back


class MemoryClaims:
    """`Claims` over a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def claim(self, request: ClaimRequest) -> Claimed:
        shelf = self._shelf
        shelf.begin()
        bury_lost(shelf, request)
        request = admission.claim(request)
        taken_at = shelf.clock.monotonic()
        known = shelf.recall(request.request_id, request)
        if known is not None:
            return _claimed(shelf, shelf.entry(known[0]), known[1], taken_at)
        entry = choose(shelf, request)
        if entry.task.status is Status.IN_PROGRESS:
            shelf.lose_attempt(entry)
        entry.task = replace(
            entry.task,
            status=shelf.move(entry, Action.CLAIM),
            updated_at=shelf.now,
            not_before=None,
            parked_for=None,
            fence=entry.task.fence + 1,
            claimed_by=request.agent_id,
            claimed_at=shelf.now,
            run_id=request.run_id,
            lease_until=shelf.now + timedelta(seconds=request.lease_s),
            progress=0,
            note="",
        )
        entry.lease_s = request.lease_s
        shelf.requests[request.request_id] = (shelf.now, request, entry.task.id, entry.task.fence)
        shelf.tell(entry, "TaskClaimed", request.agent_id)
        return _claimed(shelf, entry, entry.task.fence, taken_at)

    def renew(self, lease: Lease, report: Report) -> Lease:
        shelf = self._shelf
        shelf.begin()
        report = admission.report(report)
        taken_at = shelf.clock.monotonic()
        entry = _held(shelf, lease)
        until = shelf.now + timedelta(seconds=entry.lease_s)
        entry.task = replace(entry.task, lease_until=until)
        progress = entry.task.progress if report.progress is None else report.progress
        note = entry.task.note if report.note is None else report.note
        if (progress, note) != (entry.task.progress, entry.task.note):
            entry.task = replace(entry.task, progress=progress, note=note, updated_at=shelf.now)
            shelf.tell(entry, "TaskProgressed", entry.task.claimed_by)
        return replace(lease, duration_s=entry.lease_s, taken_at=taken_at)

    def complete(self, lease: Lease, ending: Ending) -> Task:
        shelf = self._shelf
        shelf.begin()
        known = _known(shelf, lease, "complete")
        if known is not None:
            return known
        ending = admission.ending(ending)
        entry = shelf.entry(lease.task_id)
        decision = decide(
            ending.outcome,
            attempts_used=entry.task.attempts_used,
            max_attempts=entry.task.max_attempts,
            now=shelf.now,
            jitter=shelf.clock.jitter(),
            retry_at=ending.retry_at,
        )
        shelf.end(
            _held(shelf, lease),
            decision.action,
            ending,
            counts=decision.counts_attempt,
            not_before=decision.not_before,
            parked_for=decision.parked_for,
            conversation=ending.conversation if decision.keeps_conversation else None,
        )
        return _remember(shelf, lease, "complete")

    def check(self, lease: Lease) -> None:
        if (lease.task_id, lease.fence) not in self._shelf.endings:
            _held(self._shelf, lease)

    def release(self, lease: Lease, *, note: str, park_s: float = 0.0) -> Task:
        shelf = self._shelf
        shelf.begin()
        known = _known(shelf, lease, "release")
        if known is not None:
            return known
        park_s = admission.pause(park_s)
        give_back(shelf, _held(shelf, lease), cleaned_line(note), park_s)
        return _remember(shelf, lease, "release")


def bury_lost(shelf: Shelf, request: ClaimRequest) -> None:
    known = shelf.requests.get(request.request_id)
    for entry in shelf.entries.values():
        task = entry.task
        back = known is not None and known[2:] == (task.id, task.fence)
        if _is_lost(shelf, entry) and not back:
            cause = f"lease expired: {task.claimed_by} (fence {task.fence}) was not heard of again"
            lost = Ending(outcome=Outcome.CRASHED, error=cause, run_id=task.run_id)
            shelf.end(entry, Action.BURY, lost, counts=True)


def _claimed(shelf: Shelf, entry: Entry, fence: int, taken_at: float) -> Claimed:
    left = 0.0
    until = entry.task.lease_until
    if entry.task.fence == fence and until is not None:
        left = max((until - shelf.now).total_seconds(), 0.0)
    lease = Lease(task_id=entry.task.id, fence=fence, duration_s=left, taken_at=taken_at)
    return Claimed(task=entry.task, lease=lease)


def choose(shelf: Shelf, request: ClaimRequest) -> Entry:
    return _named(shelf, request, request.task_id) if request.task_id else _best(shelf, request)


def _named(shelf: Shelf, request: ClaimRequest, task_id: str) -> Entry:
    entry = shelf.entry(task_id)
    task = entry.task
    if request.project not in (None, task.project):
        raise UsageProblem(f"{task.id} belongs to {task.project}")
    if task.status is Status.IN_PROGRESS and not _is_expired(shelf, entry):
        raise AlreadyClaimed(f"{task.id} is held by {task.claimed_by}")
    shelf.move(entry, Action.CLAIM)
    needs = {shelf.entries[need].task.status for need in task.needs}
    if _is_lost(shelf, entry) or needs & {Status.FAILED, Status.CANCELLED}:
        raise InvalidTransition(f"{task.id} is lost, or what it needs is")
    if not set(task.requires) <= set(request.capabilities):
        raise LacksCapability(f"{task.id} requires {task.requires}")
    parked = task.not_before is not None and task.not_before > shelf.now
    if shelf.waits(entry) or (parked and not (task.run_id and task.run_id == request.resume_run)):
        raise NotReady(f"{task.id} is not ready")
    return entry


def _best(shelf: Shelf, request: ClaimRequest) -> Entry:
    fitting = [
        entry
        for entry in shelf.entries.values()
        if request.project in (None, entry.task.project)
        and set(entry.task.requires) <= set(request.capabilities)
        and not shelf.waits(entry)
        and (_is_ready(shelf, entry.task) or _is_expired(shelf, entry))
        and not _is_lost(shelf, entry)
    ]
    if not fitting:
        raise NothingToClaim("no task is ready")
    return min(fitting, key=lambda entry: entry.place)


def _is_ready(shelf: Shelf, task: Task) -> bool:
    return task.status is Status.PENDING and (task.not_before is None or task.not_before <= shelf.now)


def _is_expired(shelf: Shelf, entry: Entry) -> bool:
    return entry.task.lease_until is not None and entry.task.lease_until <= shelf.now


def _is_lost(shelf: Shelf, entry: Entry) -> bool:
    return _is_expired(shelf, entry) and entry.task.attempts_used + 1 >= entry.task.max_attempts


def _held(shelf: Shelf, lease: Lease) -> Entry:
    entry = shelf.entry(lease.task_id)
    if entry.task.fence == lease.fence and entry.task.status is Status.CANCELLED:
        raise TaskCancelled(f"{lease.task_id} was cancelled")
    if entry.task.fence != lease.fence or entry.task.status is not Status.IN_PROGRESS:
        raise LeaseLost(f"{lease.task_id} is not ours any more")
    return entry


def _known(shelf: Shelf, lease: Lease, kind: str) -> Task | None:
    shelf.entry(lease.task_id)
    known = shelf.endings.get((lease.task_id, lease.fence))
    if known is None:
        return None
    if known[1] != kind:
        raise LeaseLost(f"the claim of {lease.task_id} has ended already")
    return known[2]


def _remember(shelf: Shelf, lease: Lease, kind: str) -> Task:
    task = shelf.entry(lease.task_id).task
    shelf.endings[lease.task_id, lease.fence] = (shelf.now, kind, task)
    return task
