"""Commands by which a person changes a task's state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from runner.cli.arguments import STATUSES, closes_option, task_argument
from runner.cli.output import json_option, safe
from runner.cli.task_page import tell_task
from runner.tasks.model import Ending, Outcome, Status, Task, TaskChange

if TYPE_CHECKING:
    from runner.wiring.app import App


@click.command()
@task_argument()
@click.option("--status", type=STATUSES, help="Only for a task that nobody holds.")
@click.option("--progress", type=click.IntRange(0, 100), metavar="PERCENT", help="How far it is, 0 to 100.")
@click.option("--note", metavar="TEXT", help='A line about it; "" clears it.')
@closes_option('An issue to close, in place of those it has; repeatable; "" clears them.')
@json_option
@click.pass_obj
def update(
    app: App,
    task_id: str,
    status: str | None,
    progress: int | None,
    note: str | None,
    closes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change a task's status, progress or note, or which issues it closes.

    \b
    Example:
      runner update T-7 --progress 40 --note "half of the tests pass"
    """
    if status is None and progress is None and note is None and not closes:
        raise click.UsageError("say what to change: --status, --progress, --note or --closes")
    change = TaskChange(
        status=Status(status) if status else None,
        progress=progress,
        note=note,
        closes=(() if closes == ("",) else closes) if closes else None,
    )
    task = app.board.update(task_id, change)
    begun = closes and task.status is Status.IN_PROGRESS and task.run_id
    late = f"\n{task.run_id} began before that: it closes what was said when it began" if begun else ""
    tell_task(app, task, as_json=as_json, text=f"{task.id} is updated{late}")


@click.command()
@task_argument(Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED)
@click.option("--failed", is_flag=True, help="It ends as failed, a dead letter.")
@click.option("--output", default="", metavar="TEXT", help="What came of it.")
@click.option("--error", default="", metavar="TEXT", help="Why it failed.")
@click.option(
    "--artifact", "artifacts", multiple=True, metavar="URL", help="What it left behind; repeatable."
)
@json_option
@click.pass_obj
def complete(
    app: App,
    task_id: str,
    failed: bool,
    output: str,
    error: str,
    artifacts: tuple[str, ...],
    as_json: bool,
) -> None:
    """End a task by hand.

    \b
    Example:
      runner complete T-7 --output "done in the meeting" --artifact https://example.org/notes
    """
    if error and not failed:
        raise click.UsageError("--error goes with --failed")
    ending = Ending(
        outcome=Outcome.INVALID_REQUEST if failed else Outcome.DONE,
        output=output,
        error=error,
        artifacts=artifacts,
    )
    task = app.board.finish(task_id, ending)
    tell_task(app, task, as_json=as_json, text=f"{task.id} is {task.status.value}")


@click.command()
@task_argument(Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED)
@json_option
@click.pass_obj
def cancel(app: App, task_id: str, as_json: bool) -> None:
    """Cancel a task; who works on it stops within a second or two.

    \b
    Example:
      runner cancel T-7
    """
    task = app.board.cancel(task_id)
    tell_task(app, task, as_json=as_json, text=f"{task.id} is cancelled")


@click.command()
@task_argument(Status.BLOCKED, Status.COMPLETED, Status.FAILED, Status.CANCELLED)
@json_option
@click.pass_obj
def requeue(app: App, task_id: str, as_json: bool) -> None:
    """Give an ended or blocked task a fresh set of attempts.

    \b
    Example:
      runner requeue T-7
    """
    task = app.board.requeue(task_id)
    tell_task(app, task, as_json=as_json, text=f"{task.id} is pending again")


@click.command()
@task_argument(Status.IN_PROGRESS)
@json_option
@click.pass_obj
def release(app: App, task_id: str, as_json: bool) -> None:
    """Take a task out of its holder's hands; no attempt is used.

    \b
    Example:
      runner release T-7
    """
    task = app.board.release(task_id)
    tell_task(app, task, as_json=as_json, text=f"{task.id} is pending again")


@click.command()
@task_argument(Status.BLOCKED)
@click.argument("text")
@json_option
@click.pass_obj
def answer(app: App, task_id: str, text: str, as_json: bool) -> None:
    """Answer the question of a blocked task; it goes on with the answer.

    \b
    Example:
      runner answer T-7 "Yes, drop support for Python 3.10."
    """
    allowed = tuple(_allowed(app, app.board.get(task_id), text))
    task = app.board.answer(task_id, text)
    told = (f"{task.id} goes on: {safe(text, width=60)}", *allowed)
    tell_task(app, task, as_json=as_json, text="\n".join(told))


def _allowed(app: App, task: Task, text: str) -> Iterator[str]:
    """What the answer lets the task change, if that was asked or is spoken of."""
    from runner.runs.allowing import granted, speaks_of_allowing
    from runner.runs.protected import named_in_task

    if speaks_of_allowing(f"{task.question}\n{text}"):
        extra, files = app.settings.protect.paths, [file.path for file in task.files]
        named = named_in_task(files, task.title, task.description, extra=extra)
        yield safe(granted(text, tuple(item.path for item in named), extra=extra).told())
