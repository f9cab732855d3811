"""How tasks are shown: as a table, as a page, and as JSON; each with what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runner.cli.output import plain, safe, safe_block, show, table
from runner.tasks.model import FINAL, Attempt, FileReference, Status, Task
from runner.tasks.waiting import Wait, WaitKind, waiting_for

if TYPE_CHECKING:
    from runner.wiring.app import App

Waits = Mapping[str, tuple[Wait, ...]]
"""What each task waits for, by its id."""


def waits_of(app: App, tasks: Sequence[Task]) -> Waits:
    """What each of these tasks waits for now, as this agent sees it."""
    open_ones = [task for task in tasks if task.status not in FINAL]
    needs = app.board.statuses({need for task in open_ones for need in task.needs})
    # Reading the settings takes longer than all the rest of `runner list`.
    asks = any(task.requires for task in open_ones)
    capabilities = [name.strip().lower() for name in app.settings.capabilities] if asks else []
    now = datetime.now(UTC)
    return {task.id: waiting_for(task, needs=needs, capabilities=capabilities, now=now) for task in tasks}


def task_facts(task: Task, waits: Waits) -> dict[str, object]:
    """The task as JSON has it."""
    waits_for = [
        {"kind": wait.kind, "names": wait.names, "until": wait.until, "text": wait.text, "hint": wait.hint}
        for wait in waits[task.id]
    ]
    return {name: plain(getattr(task, name)) for name in Task.__dataclass_fields__} | {"waits_for": waits_for}


def tell_task(app: App, task: Task, *, as_json: bool, text: str) -> None:
    """Print what became of a task: all of it as JSON, or a line for people."""
    show(task_facts(task, waits_of(app, (task,))) if as_json else None, as_json=as_json, text=text)


def task_table(tasks: Sequence[Task], waits: Waits) -> str:
    """A line for each task; columns that would say nothing, or the same everywhere, are left out."""
    columns: dict[str, list[str]] = {
        "ID": [task.id for task in tasks],
        "STATUS": [_status(task, waits[task.id]) for task in tasks],
        "PRIORITY": [task.priority.value for task in tasks],
        "PROGRESS": [f"{task.progress}%" for task in tasks],
        "TITLE": [safe(task.title, width=50) for task in tasks],
        "LABELS": [", ".join(task.labels) for task in tasks],
        "WAITS FOR": [_brief(waits[task.id]) for task in tasks],
        "PROJECT": [task.project for task in tasks],
    }
    if not any(columns["WAITS FOR"]):
        del columns["WAITS FOR"]
    if len(set(columns["PROJECT"])) == 1:
        del columns["PROJECT"]
    return table(tuple(columns), zip(*columns.values(), strict=True))


def _status(task: Task, waits: tuple[Wait, ...]) -> str:
    return "parked" if any(wait.kind is WaitKind.TIME for wait in waits) else task.status.value


def _brief(waits: tuple[Wait, ...]) -> str:
    return safe("; ".join(wait.brief for wait in waits), width=60)


def task_page(task: Task, waits: tuple[Wait, ...]) -> str:
    """All that there is to know about one task."""
    facts = {
        "Status": task.status.value + (f" ({task.progress}%)" if task.progress else ""),
        "Priority": task.priority.value,
        "Project": task.project,
        "Labels": ", ".join(task.labels),
        "Requires": ", ".join(task.requires),
        "Files": ", ".join(map(_place, task.files)),
        "Needs": ", ".join(task.needs),
        "Closes": ", ".join(task.closes),
        "Model": task.model or "",
        "Held by" if task.status not in FINAL else "Ended by": _holder(task),
        "Note": task.note if task.status not in FINAL else "",
        "Question": task.question,
        "Answer": task.answer,
        "Failed because": task.fail_reason,
        "Created": f"{task.created_at:%Y-%m-%d %H:%M UTC}",
        "Archived": f"{task.archived_at:%Y-%m-%d %H:%M UTC}, long texts are cut" if task.archived_at else "",
    }
    lines = [f"{task.id}  {safe(task.title)}", ""]
    lines += [_line(name, value) for name, value in facts.items() if value]
    lines += [_line(f"Attempt {attempt.number}", _ending(attempt)) for attempt in task.attempts]
    for wait in waits:
        if wait.kind is not WaitKind.HOLDER:  # who holds it is said above
            lines += [_line("Waits because", wait.text), _line("", wait.hint)]
    if task.result and task.result.output:
        lines += ["", "Result:", safe_block(task.result.output)]
    for artifact in task.result.artifacts if task.result else ():
        lines.append(_line("Artifact", artifact))
    if task.description:
        lines += ["", safe_block(task.description)]
    return "\n".join(lines)


def _line(name: str, value: str) -> str:
    return f"{name and name + ':':<15} {safe(value)}"


def _place(file: FileReference) -> str:
    lines = "" if file.start is None else f":{file.start}" + (f"-{file.end}" if file.end else "")
    return file.path + lines


def _holder(task: Task) -> str:
    if not task.claimed_by:
        return ""
    if task.status is not Status.IN_PROGRESS or task.lease_until is None:
        return f"{task.claimed_by} (fence {task.fence})"
    run = f", run {task.run_id}" if task.run_id else ""
    return f"{task.claimed_by} (fence {task.fence}{run}) until {task.lease_until:%Y-%m-%d %H:%M:%S UTC}"


def _ending(attempt: Attempt) -> str:
    said = attempt.cause if attempt.cause != attempt.outcome.value else ""
    return f"{attempt.outcome.value}: {said}" if said else attempt.outcome.value
