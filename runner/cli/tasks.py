"""Commands that put tasks into the queue and look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import suggesting
from runner.cli.arguments import PRIORITIES, STATUSES, closes_option, project_option, task_argument, whole_id
from runner.cli.output import json_option, read_text, show
from runner.cli.task_page import task_facts, task_page, task_table, tell_task, waits_of
from runner.tasks.model import FileReference, NewTask, Priority, Status, TaskFilter

if TYPE_CHECKING:
    from runner.wiring.app import App


def file_reference(text: str) -> FileReference:
    """`PATH`, `PATH:LINE` or `PATH:LINE-LINE`. Raises: UsageProblem."""
    from runner.tasks.text import parse_file_reference

    return parse_file_reference(text)


@click.command()
@click.argument("title")
@click.option("-d", "--description", metavar="TEXT", help="What is wanted, in full; - reads standard input.")
@click.option(
    "-F",
    "--description-file",
    metavar="FILE",
    help="Read the description from FILE, or from standard input for -.",
    shell_complete=suggesting.files,
)
@click.option("--priority", type=PRIORITIES, default="medium", show_default=True, help="How urgent it is.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME",
    help="A tag; repeatable.",
    shell_complete=suggesting.labels,
)
@click.option(
    "--requires", multiple=True, metavar="CAPABILITY", help="What an agent must be able to do; repeatable."
)
@click.option(
    "--file",
    "files",
    multiple=True,
    type=file_reference,
    metavar="PATH[:LINE[-LINE]]",
    help="A place in the code; repeatable.",
    shell_complete=suggesting.files,
)
@click.option(
    "--needs",
    multiple=True,
    type=whole_id,
    metavar="TASK",
    help="A task that must be completed first; repeatable.",
    shell_complete=suggesting.task_ids(),
)
@closes_option("An issue that merging its pull request closes: 12, owner/repo#12 or its address; repeatable.")
@click.option(
    "--max-attempts", type=click.IntRange(1, 100), metavar="N", help="Tries before it is a dead letter."
)
@click.option("--model", metavar="NAME", help="The model to run it with.")
@project_option
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
    closes: tuple[str, ...],
    max_attempts: int | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Put a task into the queue and print its id.

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
        closes=closes,
        max_attempts=max_attempts or app.settings.task.max_attempts,
        model=model,
    )
    from uuid import uuid4

    task = app.board.create(new, request_id=str(uuid4()))
    tell_task(app, task, as_json=as_json, text=task.id)


def _description(text: str | None, file: str | None) -> str:
    if text is not None and file is not None:
        raise click.UsageError("give --description or --description-file, not both")
    if text == "-":
        return read_text("-")
    return read_text(file) if file is not None else (text or "")


@click.command("list")
@click.option("--status", "statuses", multiple=True, type=STATUSES, help="Only these; repeatable.")
@click.option("--priority", type=PRIORITIES, help="Only these.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME",
    help="Only tasks with all of these; repeatable.",
    shell_complete=suggesting.labels,
)
@click.option(
    "--project",
    metavar="NAME",
    help="Only this project's; . is this checkout's.",
    shell_complete=suggesting.projects,
)
@click.option(
    "--claimed-by", metavar="AGENT", help="Only what this agent holds.", shell_complete=suggesting.holders
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=20,
    show_default=True,
    help="At most so many.",
)
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
    """List tasks in the order in which they would be claimed.

    Ended ones come last, the newest first. Tasks of all projects are shown unless --project says otherwise.

    \b
    Example:
      runner list --status pending --label bug
    """
    project = project or app.flags.project
    wanted = TaskFilter(
        status=tuple(Status(status) for status in statuses),
        priority=Priority(priority) if priority else None,
        project=app.project if project == "." else project,
        labels=labels,
        claimed_by=claimed_by,
        limit=limit,
    )
    tasks = app.board.list(wanted)
    waits = waits_of(app, tasks)
    show(
        [task_facts(task, waits) for task in tasks] if as_json else None,
        as_json=as_json,
        text="" if as_json or not tasks else task_table(tasks, waits),
    )
    if not tasks and not as_json:
        filtered = wanted != TaskFilter(limit=limit)
        more = "`runner list` without filters shows all" if filtered else "`runner submit TITLE` makes one"
        click.echo(f"no task{' like that' if filtered else ''}; {more}", err=True)


@click.command("show")
@task_argument()
@json_option
@click.pass_obj
def show_task(app: App, task_id: str, as_json: bool) -> None:
    """Show one task: its state, its attempts and why it waits.

    \b
    Example:
      runner show T-7
    """
    task = app.board.get(task_id)
    waits = waits_of(app, (task,))
    show(task_facts(task, waits), as_json=as_json, text=task_page(task, waits[task.id]))
