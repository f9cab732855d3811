"""Commands for a person who works on a task in their own checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.arguments import agent_option, task_argument, task_option
from runner.cli.output import counted, json_option, safe, show, tell_warnings
from runner.tasks.model import Status

if TYPE_CHECKING:
    from runner.wiring.app import App

NAMED_FILES = 10
"""So many names a commit prints."""


@click.command()
@task_argument(Status.PENDING)
@agent_option
@json_option
@click.pass_obj
def take(app: App, task_id: str, as_json: bool) -> None:
    """Claim TASK for yourself and switch to its branch.

    Uncommitted changes come along. A branch from an earlier time is gone on with, as it is.

    \b
    Example:
      runner take T-7
    """
    from runner.runs.by_hand import take as take_task
    from runner.wiring.projects import project_to_claim

    taken = take_task(
        task_id,
        agent_id=app.agent_id,
        project=project_to_claim(app, task_id=task_id),
        claims=app.claims,
        board=app.board,
        checkout=app.light_repository,
        prefix=app.settings.branch.prefix,
    )
    kind = "the branch that was there:" if taken.existed else "branch"
    show(taken, as_json=as_json, text=f"{taken.task.id} is yours, on {kind} {taken.branch}")


@click.command()
@click.option(
    "-m", "--message", required=True, metavar="TEXT", help="What changed; lines after the first are the body."
)
@click.option("--push", is_flag=True, help="Push the branch as well.")
@click.option("--allow-secrets", is_flag=True, help="Commit although there seem to be secrets in it.")
@task_option("Else the one in the branch's name.")
@json_option
@click.pass_obj
def commit(
    app: App, message: str, push: bool, allow_secrets: bool, task_id: str | None, as_json: bool
) -> None:
    """Commit everything in this checkout for a task.

    What is not ignored comes along, also new files. Secrets, and new files that by their name are for secrets (.env,
    .npmrc, private keys ...), keep the commit back; a file that you gave to `git add` yourself is judged by its
    content only.

    \b
    Example:
      runner commit -m "Count in UTC" --push
    """
    from runner.runs.by_hand import commit as commit_task
    from runner.runs.by_hand import task_of_branch

    checkout = app.light_repository
    task = task_of_branch(app.board, checkout, task_id)
    done = commit_task(
        task,
        message,
        push=push,
        sign_off=app.settings.commit.sign_off,
        board=app.board,
        checkout=checkout,
        redactor=None if allow_secrets else app.redactor,
    )
    pushed = f", pushed to {done.pushed}" if done.pushed else ""
    text = f"{task.id}: {done.commit[:10]}{pushed}\n{_listed(done.files, new=done.untracked)}"
    show(done, as_json=as_json, text=text)
    if done.warning:
        click.echo(f"warning: the commit is there, but: {safe(done.warning)}", err=True)
        click.get_current_context().exit(1)


def _listed(files: tuple[str, ...], *, new: tuple[str, ...]) -> str:
    """`3 files: calc.py, new.txt (new) and 1 more`; new ones come first where not all can be named."""
    ordered = sorted(files, key=lambda path: path not in new) if len(files) > NAMED_FILES else files
    names = [f"{safe(path)} (new)" if path in new else safe(path) for path in ordered[:NAMED_FILES]]
    more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
    return f"{counted(len(files), 'file')}: {', '.join(names)}{more}"


@click.command()
@click.option("--title", metavar="TEXT", help="Else the task's; an open one gets it too.")
@click.option("--base", metavar="BRANCH", help="Else the settings', else the default branch.")
@click.option(
    "--draft/--ready",
    default=None,
    help="Make it a draft; --ready: ready for review. Also an open one.",
)
@click.option("--label", "labels", multiple=True, metavar="NAME", help="Repeatable; with the settings' own.")
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser.")
@task_option("Else the one in the branch's name.")
@json_option
@click.pass_obj
def pr(
    app: App,
    title: str | None,
    base: str | None,
    draft: bool | None,
    labels: tuple[str, ...],
    open_it: bool,
    task_id: str | None,
    as_json: bool,
) -> None:
    """Push this branch and open its pull request, or find the open one.

    Of an open one only what you name here is changed; labels are added.

    \b
    Example:
      runner pr --draft --label bug
    """
    from runner.paths import private_folder
    from runner.runs.by_hand import PullRequestWish, open_pull_request, task_of_branch
    from runner.wiring.forges import choose_forge

    tell_warnings(app.untold(app.configuration.warnings))
    checkout, settings = app.light_repository, app.settings.pull_request
    task = task_of_branch(app.board, checkout, task_id)
    wish = PullRequestWish(
        title=title,
        base=base or settings.base,
        draft=draft,
        new_draft=settings.draft,
        labels=tuple(dict.fromkeys((*settings.labels, *labels))),
    )
    forge = choose_forge(app, checkout).build(private_folder(app.paths.runs / f"by-hand-{task.id}"))
    made = open_pull_request(
        task, wish, checkout=checkout, forge=forge, prompts=app.prompts, redact=app.redactor.text
    )
    tell_warnings(made.warnings)
    told = {"url": made.url, "adopted": made.adopted, "state": made.state, "warnings": made.warnings}
    show(told, as_json=as_json, text=made.url)
    if open_it:
        import webbrowser

        if not webbrowser.open(made.url):
            tell_warnings(["no browser could be started"])
