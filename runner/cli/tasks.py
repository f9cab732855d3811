"""Commands that put tasks into the queue and look at them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from runner.cli.output import json_option, read_text, safe, safe_block, show, table
from runner.tasks.model import FileReference, NewTask, Priority, Status, Task, TaskFilter
from runner.tasks.text import parse_file_reference

if TYPE_CHECKING:
    from runner.wiring.app import App

PRIORITIES = click.Choice([priority.value for priority in Priority])
STATUSES = click.Choice([status.value for status in Status])


class FileReferenceType(click.ParamType[FileReference]):
    """`PATH`, `PATH:LINE` or `PATH:LINE-LINE`."""

    name = "PATH[:LINE[-LINE]]"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> FileReference:
        return value if isinstance(value, FileReference) else parse_file_reference(str(value))


@click.command()
@click.argument("title")
@click.option("-d", "--description", metavar="TEXT", help="What is wanted, in full.")
@click.option(
    "-F", "--description-file", metavar="FILE", help="Read the description from FILE, or - for stdin."
)
@click.option("--priority", type=PRIORITIES, default="medium", show_default=True)
@click.option("--label", "labels", multiple=True, help="A tag; repeatable.")
@click.option(
    "--requires", multiple=True, metavar="CAPABILITY", help="What an agent must be able to do; repeatable."
)
@click.option(
    "--file", "files", multiple=True, type=FileReferenceType(), help="A place in the code; repeatable."
)
@click.option(
    "--needs", multiple=True, metavar="TASK", help="A task that must be completed first; repeatable."
)
@click.option("--max-attempts", type=click.IntRange(1, 100), help="Tries before it is a dead letter.")
@click.option("--model", help="The model to run it with.")
@json_option
@click.pass_obj
def submit(
    app: App,
    title: str,
    description: str | None,
    description_file: str | None,
    priority: str,
    labels: tuple[str, ...],
    requires: tuple[str, ...],
    files: tuple[FileReference, ...],
    needs: tuple[str, ...],
    max_attempts: int | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Put a task into the queue and print its id.

    A description of - is read from standard input.

    \b
    Example:
      runner submit "Fix the clock" -d "One hour late in summer." --label bug --file clock.py:10-20
    """
    new = NewTask(
        title=title,
        project=app.project,
        description=_description(description, description_file),
        priority=Priority(priority),
        labels=labels,
        requires=requires,
        files=files,
        needs=needs,
        max_attempts=max_attempts or app.settings.task.max_attempts,
        model=model,
    )
    task = app.board.create(new, request_id=str(uuid.uuid4()))
    show(task, as_json=as_json, text=task.id)


def _description(text: str | None, file: str | None) -> str:
    if text is not None and file is not None:
        raise click.UsageError("give --description or --description-file, not both")
    if text == "-":
        return read_text("-")
    return read_text(file) if file is not None else (text or "")


@click.command("list")
@click.option("--status", "statuses", multiple=True, type=STATUSES, help="Only these; repeatable.")
@click.option("--priority", type=PRIORITIES)
@click.option("--label", "labels", multiple=True, help="Only tasks with all of these; repeatable.")
@click.option("--project", metavar="NAME", help="Only this project's.")
@click.option("--claimed-by", metavar="AGENT")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@json_option
@click.pass_obj
def list_tasks(
    app: App,
    statuses: tuple[str, ...],
    priority: str | None,
    labels: tuple[str, ...],
    project: str | None,
    claimed_by: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List tasks in the order in which they would be claimed; ended ones last.

    \b
    Example:
      runner list --status pending --label bug
    """
    wanted = TaskFilter(
        status=tuple(Status(status) for status in statuses),
        priority=Priority(priority) if priority else None,
        project=project,
        labels=labels,
        claimed_by=claimed_by,
        limit=limit,
    )
    tasks = app.board.list(wanted)
    show(tasks, as_json=as_json, text=_table(tasks) if tasks else "no tasks")


def _table(tasks: tuple[Task, ...]) -> str:
    head = ("ID", "STATUS", "PRIORITY", "PROGRESS", "TITLE", "LABELS")
    return table(
        head,
        (
            (
                task.id,
                "parked" if _is_parked(task) else task.status.value,
                task.priority.value,
                f"{task.progress}%",
                safe(task.title, width=50),
                ", ".join(task.labels),
            )
            for task in tasks
        ),
    )


def _is_parked(task: Task) -> bool:
    from datetime import UTC, datetime

    return (
        task.status is Status.PENDING and task.not_before is not None and task.not_before > datetime.now(UTC)
    )


@click.command("show")
@click.argument("task_id", metavar="TASK")
@json_option
@click.pass_obj
def show_task(app: App, task_id: str, as_json: bool) -> None:
    """Show one task: its state, its attempts and why it waits.

    \b
    Example:
      runner show T-7
    """
    task = app.board.get(task_id)
    show(task, as_json=as_json, text=_details(task))


def _details(task: Task) -> str:
    facts = {
        "Status": task.status.value + (f" ({task.progress}%)" if task.progress else ""),
        "Priority": task.priority.value,
        "Project": task.project,
        "Labels": ", ".join(task.labels),
        "Requires": ", ".join(task.requires),
        "Files": ", ".join(file.path for file in task.files),
        "Needs": ", ".join(task.needs),
        "Model": task.model or "",
        "Held by": f"{task.claimed_by} (fence {task.fence})" if task.claimed_by else "",
        "Not before": task.not_before.strftime("%Y-%m-%d %H:%M UTC") if task.not_before else "",
        "Note": task.note,
        "Question": task.question,
        "Answer": task.answer,
        "Failed because": task.fail_reason,
        "Created": f"{task.created_at:%Y-%m-%d %H:%M UTC}",
    }
    lines = [f"{task.id}  {safe(task.title)}", ""]
    lines += [f"{name + ':':<15} {safe(value)}" for name, value in facts.items() if value]
    for attempt in task.attempts:
        lines.append(f"{f'Attempt {attempt.number}:':<15} {attempt.outcome.value}: {safe(attempt.cause)}")
    if task.result and task.result.output:
        lines += ["", "Result:", safe_block(task.result.output)]
    for artifact in task.result.artifacts if task.result else ():
        lines.append(f"{'Artifact:':<15} {safe(artifact)}")
    if task.description:
        lines += ["", safe_block(task.description)]
    return "\n".join(lines)
