"""`runner runs` and `runner replay`: what runs of this machine did, and one of them once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.arguments import run_argument
from runner.cli.group import Group
from runner.cli.output import dollars, json_option, print_json, safe, show, table
from runner.cli.progress import moving
from runner.cli.stopping import stop_on_interrupt

if TYPE_CHECKING:
    from runner.runs.explaining import Explanation, TaskNow
    from runner.runs.overview import Overview
    from runner.runs.record import Json
    from runner.wiring.app import App

COLUMNS = ("run_id", "task_id", "outcome", "cost_usd", "pull_request", "state")


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=20,
    show_default=True,
    help="At most so many.",
)
@json_option
@click.pass_context
def runs(ctx: click.Context, limit: int, as_json: bool) -> None:
    """List the runs of this machine, newest first.

    \b
    Example:
      runner runs
      runner runs show r-20261122
    """
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, limit, as_json=as_json)


def _list(app: App, limit: int, *, as_json: bool) -> None:
    from runner.runs.record import list_runs

    rows = [_row_of(app, folder.name) for folder in list_runs(app.paths.runs)[:limit]]
    head = ("RUN", "TASK", "OUTCOME", "COST", "PULL REQUEST")
    show(rows, as_json=as_json, text=table(head, map(_cells, rows)) if rows else "")
    if not rows and not as_json:
        click.echo("no runs; `runner claim` makes one", err=True)


def _cells(row: dict[str, Json]) -> tuple[str, ...]:
    run_id, task_id, outcome, cost, pull_request, _ = row.values()
    return (str(run_id), str(task_id or "-"), str(outcome), dollars(cost), str(pull_request or "-"))


def _row_of(app: App, run_id: str) -> dict[str, Json]:
    """One line of the list; a damaged record must not hide the others."""
    from runner.runs.overview import overview_of

    return _row(overview_of(app.paths.runs / run_id))


def _row(run: Overview) -> dict[str, Json]:
    from runner.runs.facts import object_of
    from runner.runs.overview import RunState

    over = run.state is RunState.FINISHED and run.outcome is not None
    values = (
        run.run_id,
        run.task_id or None,
        run.outcome.value if over and run.outcome else run.state.value,
        object_of((run.report or {}).get("usage")).get("cost_usd"),
        run.pull_request or None,
        run.state.value,
    )
    return dict(zip(COLUMNS, values, strict=True))


@runs.command("show")
@run_argument
@json_option
@click.pass_obj
def show_run(app: App, run_id: str, as_json: bool) -> None:
    """Show one run: what became of it, what to do next, its steps, its checks.

    \b
    Example:
      runner runs show r-20261122-101500-1a2b3c
    """
    from runner.runs.explaining import explain
    from runner.runs.overview import overview_of
    from runner.runs.record import find_run

    parent = click.get_current_context().parent
    as_json = as_json or bool(parent and parent.params["as_json"])
    run = overview_of(find_run(app.paths.runs, run_id))
    explained = explain(run, _task_now(app, run))
    if as_json:
        told = {
            "explanation": explained.sentence,
            "next": explained.next_command,
            "change": _way_to_change(run) or None,
        }
        print_json({"folder": run.folder, "run": run.data or None, "outcome": run.report, **told})
        return
    click.echo("\n".join(_lines(run, explained)))


def _task_now(app: App, run: Overview) -> TaskNow:
    """What the queue says of the task; a queue that cannot be asked does not keep a run from being shown."""
    from runner.errors import RunnerError
    from runner.runs.explaining import TaskNow
    from runner.wiring.runs import utc_now

    if not run.task_id or not app.paths.queue_file.exists():
        return TaskNow()
    try:
        task = app.board.get(run.task_id)
    except RunnerError:
        return TaskNow()
    return TaskNow(status=task.status, parked=task.not_before is not None and task.not_before > utc_now())


def _way_to_change(run: Overview) -> str:
    """How to get at a change that is in no pull request and on no branch."""
    from runner.runs.patches import way_to_change

    return "" if run.delivered else way_to_change(run.folder)


def _lines(run: Overview, explained: Explanation) -> list[str]:
    from runner.runs.facts import list_of

    names = ("run:", "task:", "outcome:", "cost:", "pull request:")
    cells = zip(names, _cells(_row(run)), strict=True)
    lines = [f"{name:<14}{safe(cell)}" for name, cell in cells if cell != "-"]
    lines.append(f"{'folder:':<14}{run.folder}")
    if run.report and run.report.get("cause"):
        lines.append(f"{'cause:':<14}{safe(run.cause)}")
    if change := _way_to_change(run):
        lines.append(f"{'change:':<14}{safe(change)}")
    warnings = list_of((run.report or {}).get("warnings"))
    lines += [f"{'warning:':<14}{safe(str(warning))}" for warning in warnings]
    lines += ["", safe(explained.sentence), f"next: {safe(explained.next_command)}"]
    steps = run.data.get("steps")
    lines += ["", "steps:"] if steps else []
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict):
            mark = "done" if "done_at" in step else "not finished"
            lines.append(f"  {step.get('name')!s:<14}{mark}")
    return lines + _check_lines(run.report)


def _check_lines(outcome: dict[str, Json] | None) -> list[str]:
    from runner.cli.output import safe_block

    checks = outcome.get("checks") if outcome else None
    lines: list[str] = []
    for where, results in checks.items() if isinstance(checks, dict) else []:
        for check in results if isinstance(results, list) else []:
            if isinstance(check, dict):
                lines.append(f"\n{where}: {safe(str(check['command']))}: exit {check['exit_code']}")
                lines.append(safe_block(str(check["tail"])).rstrip())
    return lines


@click.command()
@run_argument
@json_option
@click.pass_obj
def replay(app: App, run_id: str, as_json: bool) -> None:
    """Play a recorded run again, offline.

    The same base, the same answers, and the checks for real; nothing is spent, claimed or pushed.
    Exit code 1 means that the files came out differently than recorded.

    \b
    Example:
      runner replay r-20261122-101500-1a2b3c
    """
    from runner.runs.record import open_run
    from runner.runs.replaying import replay_facts
    from runner.wiring.runs import build_replayer

    record = open_run(app.paths.runs, run_id)
    with stop_on_interrupt() as stop, moving(f"replaying {record.run_id}"):
        played = build_replayer(app, stop).replay(record, stop)
    lines = [
        f"{played.run_id}: {played.outcome.value}" + (f" ({safe(played.cause)})" if played.cause else ""),
        f"changed: {safe(', '.join(played.changes)) or 'nothing'}",
        *(
            f"check:   {safe(command)}: {'passed' if code == 0 else 'failed'}"
            for command, code in played.checks
        ),
        f"cost:    ${played.cost_nano / 1e9:.4f} (as recorded; nothing was spent now)",
        "the files came out " + ("as recorded" if played.same_tree else "DIFFERENTLY than recorded"),
    ]
    show(replay_facts(played), as_json=as_json, text="\n".join(lines))
    click.get_current_context().exit(0 if played.same_tree else 1)
