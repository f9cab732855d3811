"""`runner context`: which code of this repository matters for a task or a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import suggesting
from runner.cli.arguments import task_argument
from runner.cli.output import json_option, print_json, read_text, safe, table
from runner.cli.progress import moving

if TYPE_CHECKING:
    from runner.context.model import Bundle
    from runner.tasks.model import Task
    from runner.wiring.app import App


@click.command()
@task_argument(required=False)
@click.option("--query", metavar="TEXT", help="Look for this instead of a task.")
@click.option(
    "--query-file",
    metavar="FILE",
    help="Read what to look for from FILE, or from standard input for -.",
    shell_complete=suggesting.files,
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), metavar="N", default=10, show_default=True, help="Most files."
)
@click.option("--budget", type=click.IntRange(100), metavar="TOKENS", help="Most tokens, all together.")
@json_option
@click.pass_obj
def context(
    app: App,
    task_id: str | None,
    query: str | None,
    query_file: str | None,
    limit: int,
    budget: int | None,
    as_json: bool,
) -> None:
    """Show related code, best first, as a run of TASK would get it.

    \b
    Example:
      runner context T-7
      runner context --query "the clock is one hour late in summer" --json
    """
    if sum(given is not None for given in (task_id, query, query_file)) != 1:
        raise click.UsageError("give one of TASK, --query or --query-file")
    if task_id is not None:
        _of_task(app, task_id, limit, budget, as_json=as_json)
        return
    text = query if query is not None else read_text(str(query_file))
    title, _, description = text.strip().partition("\n")
    bundle = _gather(app, title, description, limit, budget)
    if as_json:
        print_json(_facts(bundle))
    else:
        click.echo(_text(bundle))


def _of_task(app: App, task_id: str, limit: int, budget: int | None, *, as_json: bool) -> None:
    task = app.board.get(task_id)
    bundle = _gather(app, task.title, task.description, limit, budget, task=task)
    if as_json:
        print_json(_facts(bundle))
        return
    from runner.context.document import as_document

    click.echo(as_document(task, bundle, app.redactor.text), nl=False)


def _gather(
    app: App, title: str, description: str, limit: int, budget: int | None, *, task: Task | None = None
) -> Bundle:
    from runner.context.bundle import build_bundle
    from runner.context.source import CommitSource

    repository = app.repository
    settings = app.settings.context
    with moving("looking for related code"):
        return build_bundle(
            CommitSource(repository),
            title=title,
            description=description,
            files=task.files if task else (),
            budget_tokens=budget or settings.budget_tokens,
            limit=limit,
            exclude=settings.exclude,
            git_status=repository.status_text() if task else "",
            recent_commits=repository.recent_commits(10) if task else (),
        )


def _facts(bundle: Bundle) -> dict[str, object]:
    """The schema that programs read: `items[] {path, score, reason, tokens, excerpts[{start, end}]}`, best first."""
    items = [
        {
            "path": item.path,
            "score": None if item in bundle.named else item.score,
            "reason": item.reason,
            "tokens": item.tokens,
            "excerpts": [{"start": excerpt.start, "end": excerpt.end} for excerpt in item.excerpts],
        }
        for item in bundle.items
    ]
    return {"items": items, "tokens": bundle.tokens, "budget": bundle.budget, "left_out": bundle.left_out}


def _text(bundle: Bundle) -> str:
    if not bundle.items:
        return "\n".join(["nothing found", *map(safe, bundle.left_out)])
    rows = (
        (
            item.path,
            str(item.tokens),
            ", ".join(f"{excerpt.start}-{excerpt.end}" for excerpt in item.excerpts),
            item.reason,
        )
        for item in bundle.items
    )
    lines = [
        table(("FILE", "TOKENS", "LINES", "WHY"), rows),
        "",
        f"{bundle.tokens} of {bundle.budget} tokens",
    ]
    return "\n".join([*lines, *map(safe, bundle.left_out)])
