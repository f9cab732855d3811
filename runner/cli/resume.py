"""`runner resume` and `runner stop`: go on with a run that was cut off, and end one that is at work."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from runner.cli import suggesting
from runner.cli.output import json_option, show
from runner.cli.progress import choose_progress, moving
from runner.cli.report import tell_report
from runner.cli.stopping import stop_on_interrupt
from runner.tasks.model import Outcome

if TYPE_CHECKING:
    from runner.wiring.app import App

UNDONE = "it was killed before it asked claude: undone"


@click.command()
@click.argument("run_id", metavar="RUN", shell_complete=suggesting.unfinished_run_ids)
@json_option
@click.pass_obj
def resume(app: App, run_id: str, as_json: bool) -> None:
    """Go on with a run that was killed, or whose delivery had to wait.

    It ends as it would have ended: one commit, one branch, one pull request, one charge. Claude goes on in the same
    conversation where that pays. A run that had not asked Claude yet is undone; `runner claim` does the same for all
    unfinished runs of the repository before it takes a new task.

    \b
    Example:
      runner resume r-20261122-102104
    """
    from runner.runs.model import RunReport
    from runner.runs.record import open_run
    from runner.runs.resume import go_on
    from runner.runs.so_far import SoFar
    from runner.runs.unfinished import must_belong_here
    from runner.wiring.again import tools_again
    from runner.wiring.runs import build_tools

    app.configure_log()
    record = open_run(app.paths.runs, run_id)
    so_far = SoFar(record)
    progress = choose_progress()
    with stop_on_interrupt() as stop:
        try:
            tools = build_tools(app, [progress], stop)
            must_belong_here(record, tools)
            tools, policy = tools_again(app, tools, record)
            report = go_on(tools, policy, record, stop)
        finally:
            progress.close()
    if report is not None:
        click.get_current_context().exit(tell_report(report, as_json=as_json))
    task_id = so_far.task_id or "no task"
    undone = RunReport(run_id=record.run_id, task_id=task_id, outcome=Outcome.CANCELLED, cause=UNDONE)
    tell_report(undone, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False, shell_complete=suggesting.unfinished_run_ids)
@click.option("--now", is_flag=True, help="Do not let it finish its step; it can be resumed.")
@json_option
@click.pass_obj
def stop(app: App, run_id: str | None, now: bool, as_json: bool) -> None:
    """End a run that is at work, from another terminal, as Ctrl-C does in its own.

    It finishes its step, charges what it used and gives the task back; work that is done is delivered first. Without
    RUN it is the only one at work.

    \b
    Example:
      runner stop
      runner stop r-20261122-102104 --now
    """
    from runner.runs.stopping import stop_run

    with moving(f"waiting for {run_id or 'the run'} to end"):
        stopped = stop_run(app.paths.runs, run_id, now=now)
    text = f"{stopped.run_id} has ended" if stopped.ended else f"{stopped.run_id} is still finishing its step"
    if stopped.outcome:
        text += f": {stopped.outcome.value}"
    if stopped.unfinished:
        text += f"; `runner resume {stopped.run_id}`, or the next `runner claim`, goes on with it"
    show(asdict(stopped), as_json=as_json, text=text)
