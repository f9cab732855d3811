"""`TaskBoard` in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from runner.errors import InvalidTransition, UsageProblem
from runner.tasks import admission
from runner.tasks.model import (
    FINAL,
    ClaimRequest,
    Ending,
    NewTask,
    Outcome,
    Status,
    Task,
    TaskChange,
    TaskEvent,
    TaskFilter,
)
from runner.tasks.transitions import BY_WISH, Action, by_hand, conflict
from tests.support.memory_claims import choose
from tests.support.memory_shelf import Entry, Shelf, give_back


class MemoryBoard:
    """`TaskBoard` over a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def create(self, new: NewTask, *, request_id: str) -> Task:
        shelf = self._shelf
        shelf.begin()
        request_id, new = admission.request_id(request_id), admission.new_task(new)
        known = shelf.recall(request_id, new)
        if known is not None:
            return shelf.entry(known[0]).task
        for need in new.needs:
            shelf.entry(need)
        values = {name: getattr(new, name) for name in NewTask.__dataclass_fields__}
        task = Task(
            id=f"T-{len(shelf.entries) + 1}",
            status=Status.PENDING,
            created_at=shelf.now,
            updated_at=shelf.now,
            **values,
        )
        entry = shelf.entries[task.id] = Entry(task=task, ready_at=shelf.now)
        shelf.requests[request_id] = (shelf.now, new, task.id, 0)
        shelf.tell(entry, "TaskSubmitted")
        return task

    def get(self, task_id: str) -> Task:
        return self._shelf.entry(task_id).task

    def update(self, task_id: str, change: TaskChange) -> Task:
        shelf = self._shelf
        shelf.begin()
        change = admission.change(change)
        entry = shelf.entry(task_id)
        status = entry.task.status
        settled = status in FINAL and change.status in {None, status}
        if settled and change.progress not in {None, entry.task.progress}:
            raise conflict(status, f"{task_id} is {status}: its progress is settled")
        if settled and change.closes not in {None, entry.task.closes}:
            raise conflict(status, f"{task_id} is {status}: what it closes is settled")
        if change.status is not None:
            _set_status(shelf, entry, change.status)
        progress = entry.task.progress if change.progress is None else change.progress
        note = entry.task.note if change.note is None else change.note
        closes = entry.task.closes if change.closes is None else change.closes
        if (progress, note, closes) != (entry.task.progress, entry.task.note, entry.task.closes):
            entry.task = replace(
                entry.task, progress=progress, note=note, closes=closes, updated_at=shelf.now
            )
            shelf.tell(entry, "TaskUpdated")
        return entry.task

    def finish(self, task_id: str, ending: Ending) -> Task:
        self._shelf.begin()
        ending = admission.ending(ending)
        entry = self._shelf.entry(task_id)
        return _end_by_hand(self._shelf, entry, by_hand(ending.outcome), ending)

    def cancel(self, task_id: str) -> Task:
        self._shelf.begin()
        entry = self._shelf.entry(task_id)
        return _end_by_hand(self._shelf, entry, Action.CANCEL, Ending(outcome=Outcome.CANCELLED))

    def requeue(self, task_id: str) -> Task:
        shelf = self._shelf
        shelf.begin()
        entry = shelf.entry(task_id)
        shelf.free(
            entry,
            shelf.move(entry, Action.REQUEUE),
            attempts=(),
            progress=0,
            note="",
            conversation=None,
            fail_reason="",
            question="",
            result=None,
            not_before=None,
        )
        entry.ready_at = shelf.now
        shelf.tell(entry, "TaskRequeued")
        return entry.task

    def release(self, task_id: str) -> Task:
        self._shelf.begin()
        entry = self._shelf.entry(task_id)
        give_back(self._shelf, entry, "")
        return entry.task

    def answer(self, task_id: str, text: str) -> Task:
        shelf = self._shelf
        shelf.begin()
        text = admission.answer(text)
        entry = shelf.entry(task_id)
        shelf.free(entry, shelf.move(entry, Action.ANSWER), question="", answer=text, not_before=None)
        entry.ready_at = shelf.now
        shelf.tell(entry, "TaskAnswered")
        return entry.task

    def counts(self, project: str | None = None) -> dict[Status, int]:
        tasks = [entry.task for entry in self._shelf.entries.values()]
        return {
            status: sum(task.status is status and project in (None, task.project) for task in tasks)
            for status in Status
        }

    def events(
        self, task_id: str | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[TaskEvent, ...]:
        _check_limit(limit)
        if task_id is not None:
            self._shelf.entry(task_id)
        found = (event for event in self._shelf.told if event.seq > after)
        return tuple(event for event in found if task_id in (None, event.task_id))[:limit]

    def choose(self, request: ClaimRequest) -> Task:
        request = admission.claim(request)
        self._shelf.now = self._shelf.clock.wall()
        return choose(self._shelf, request).task

    def statuses(self, task_ids: Collection[str]) -> dict[str, Status]:
        entries = self._shelf.entries
        return {task_id: entries[task_id].task.status for task_id in task_ids if task_id in entries}

    def list(self, wanted: TaskFilter) -> tuple[Task, ...]:
        _check_limit(wanted.limit)
        entries = [entry for entry in self._shelf.entries.values() if _matches(entry.task, wanted)]
        open_ones = [entry for entry in entries if entry.task.status not in FINAL]
        ended = [entry.task for entry in entries if entry.task.status in FINAL]
        ended.sort(key=lambda task: (task.updated_at, int(task.id[2:])), reverse=True)
        in_order = [entry.task for entry in sorted(open_ones, key=lambda entry: entry.place)]
        return tuple((in_order + ended)[: wanted.limit])


def _matches(task: Task, wanted: TaskFilter) -> bool:
    return (
        (not wanted.status or task.status in wanted.status)
        and wanted.priority in (None, task.priority)
        and wanted.project in (None, task.project)
        and wanted.claimed_by in (None, task.claimed_by)
        and set(wanted.labels) <= set(task.labels)
    )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= 10_000:
        raise UsageProblem(f"a limit is from 1 to 10,000, not {limit}")


def _set_status(shelf: Shelf, entry: Entry, wish: Status) -> None:
    task = entry.task
    parked = task.not_before is not None and task.not_before > shelf.now
    if wish is task.status and not parked:
        return
    if task.status is Status.IN_PROGRESS or wish not in BY_WISH:
        raise InvalidTransition(f"{task.id} is {task.status}")
    action = BY_WISH[wish]
    if action in (Action.BLOCK, Action.UNBLOCK):
        shelf.free(entry, shelf.move(entry, action), question="", not_before=None)
        entry.ready_at = shelf.now
        shelf.tell(entry, "TaskUpdated")
        return
    outcome = {Action.COMPLETE: Outcome.DONE, Action.CANCEL: Outcome.CANCELLED}.get(action)
    ending = Ending(
        outcome=outcome or Outcome.INVALID_REQUEST, error="" if outcome else "marked as failed by hand"
    )
    _end_by_hand(shelf, entry, action, ending)


def _end_by_hand(shelf: Shelf, entry: Entry, action: Action, ending: Ending) -> Task:
    held = entry.task.status is Status.IN_PROGRESS
    shelf.end(entry, action, ending, counts=held and action is not Action.CANCEL)
    return entry.task
