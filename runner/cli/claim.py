"""`runner claim`: take a task and see it through to a pull request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from runner.cli.arguments import agent_option, project_option, task_argument
from runner.cli.output import json_option, safe, tell_warnings
from runner.cli.progress import choose_progress
from runner.cli.report import tell_report
from runner.cli.stopping import stop_on_interrupt
from runner.errors import GitFailed, NothingToClaim, QuotaExceeded
from runner.process.stop import Stop
from runner.tasks.model import Outcome, Status

if TYPE_CHECKING:
    from runner.runs.model import RunReport
    from runner.wiring.app import App
    from runner.wiring.runs import ClaimFlags

STOPS_A_LOOP = frozenset({Outcome.CANCELLED, Outcome.LIMIT_UNTIL, Outcome.AUTH, Outcome.BILLING})
"""The next task would end the same way."""


@click.command()
@task_argument(Status.PENDING, required=False)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show prompt, tokens, estimate and the allowance's verdict; spend nothing.",
)
@click.option("--no-pr", is_flag=True, help="Push the branch, open no pull request.")
@click.option("--draft", is_flag=True, help="Open the pull request as a draft.")
@click.option("--model", metavar="NAME", help="Use this model, whatever task and settings say.")
@click.option(
    "--any-project",
    is_flag=True,
    help="Also take a task of another name of this repository: of any of its remotes, of its folder.",
)
@click.option("--wait", is_flag=True, help="Wait for a task when none is ready.")
@click.option("--loop", is_flag=True, help="Take one task after the other until none is ready.")
@agent_option
@project_option
@json_option
@click.pass_obj
def claim(
    app: App,
    task_id: str | None,
    dry_run: bool,
    no_pr: bool,
    draft: bool,
    model: str | None,
    any_project: bool,
    wait: bool,
    loop: bool,
    as_json: bool,
) -> None:
    """Take a task and work on it until its pull request is open.

    It is TASK, or the best ready one of this checkout's project. A run of this repository that was killed, or whose
    delivery had to wait, is gone on with first.

    Exit codes: 0 done, 1 not done or a person is needed, 3 somebody else has it, 4 later (nothing is ready, or the
    allowance is spent), 5 outside trouble, 130 interrupted. With --loop it is the largest of all runs.

    \b
    Example:
      runner claim
      runner claim T-7 --draft
    """
    from runner.wiring.runs import ClaimFlags

    if task_id and (loop or any_project):
        raise click.UsageError("a named TASK goes with neither --loop nor --any-project")
    if dry_run and (wait or loop):
        raise click.UsageError("--dry-run goes with neither --wait nor --loop")
    flags = ClaimFlags(
        model=model, draft=draft, pull_request=not no_pr, any_project=any_project, task_id=task_id
    )
    tell_warnings(app.untold(app.configuration.own_warnings))
    if dry_run:
        from runner.cli.preview import preview_claim

        preview_claim(app, flags, task_id, as_json=as_json)
        return
    from runner.wiring.cleaning import clean_quietly

    app.configure_log()
    with stop_on_interrupt() as stop:
        codes = [
            tell_report(report, as_json=as_json)
            for report in _reports(app, flags, task_id, stop=stop, wait=wait, loop=loop)
        ]
    clean_quietly(app)
    click.get_current_context().exit(max(codes, default=0))


def _reports(
    app: App, flags: ClaimFlags, task_id: str | None, *, stop: Stop, wait: bool, loop: bool
) -> Iterator[RunReport]:
    """One run, or with `loop` one after the other until nothing is ready."""
    done = 0
    while True:
        try:
            report = (_run_when_ready if wait else _run_once)(app, flags, task_id, stop)
        except NothingToClaim:
            if done:
                return
            raise
        yield report
        done += 1
        if not loop or report.outcome in STOPS_A_LOOP or stop.is_set():
            return


def _run_when_ready(app: App, flags: ClaimFlags, task_id: str | None, stop: Stop) -> RunReport:
    """Wait for a task, and for an allowance that time alone gives back."""
    from runner.cli.waiting import standing, wait_for_news

    project = None if flags.any_project else app.project
    told = not sys.stderr or not sys.stderr.isatty()
    while True:
        before = standing(app.board, project)
        try:
            return _run_once(app, flags, task_id, stop)
        except (NothingToClaim, QuotaExceeded) as nothing:
            if isinstance(nothing, QuotaExceeded) and not _frees_itself(app, nothing):
                raise
            if not told:
                click.echo(f"{nothing}; waiting (Ctrl-C ends it)", err=True)
            told = True
        wait_for_news(app.board, project, before, stop)


def _frees_itself(app: App, denied: QuotaExceeded) -> bool:
    """Midnight comes, and other runs end; a limit that is too small stays so until a person changes it."""
    return denied.retry_at is not None or bool(app.ledger.open_holds(app.agent_id))


def _run_once(app: App, flags: ClaimFlags, task_id: str | None, stop: Stop) -> RunReport:
    from runner.runs.claiming import reserve_and_claim
    from runner.runs.unfinished import go_on_with_earlier
    from runner.runs.work import work_on
    from runner.wiring.again import tools_again
    from runner.wiring.base import follow_base
    from runner.wiring.runs import build_policy, build_tools

    progress = choose_progress()
    try:
        tools = build_tools(app, [progress], stop)
        earlier = go_on_with_earlier(
            tools,
            lambda record: tools_again(app, tools, record),
            agent_id=app.agent_id,
            stop=stop,
            tell=lambda line: click.echo(safe(line), err=True),
            task_id=task_id,
            statuses=app.board.statuses,
        )
        if earlier is not None:
            return earlier
        base = tools.clone.resolve_base(app.settings.pull_request.base, stop=stop)
        if base.trouble:
            # What claude would do now could not be pushed: it would be paid for, and then lost.
            raise GitFailed(f"{base.remote} cannot be reached: {base.trouble}", hint=base.hint)
        tools, policy = follow_base(app, tools, base, lambda there: build_policy(there, flags))
        tell_warnings(app.untold(policy.warnings))
        return work_on(reserve_and_claim(tools, policy, base, task_id=task_id, stop=stop))
    finally:
        progress.close()
