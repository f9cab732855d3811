"""`runner runs` and `runner replay`: what runs of this machine did, and one of them once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.arguments import run_argument
from runner.cli.group import Group
from runner.cli.output import dollars, json_option, print_json, safe, show, table
from runner.cli.progress import moving
from runner.cli.stopping import stop_on_interrupt
from runner.errors import StoreFailed

if TYPE_CHECKING:
    from runner.runs.record import Json, RunRecord
    from runner.wiring.app import App

COLUMNS = ("run_id", "task_id", "outcome", "cost_usd", "pull_request")


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
    run_id, task_id, outcome, cost, pull_request = row.values()
    return (str(run_id), str(task_id or "-"), str(outcome), dollars(cost), str(pull_request or "-"))


def _row_of(app: App, run_id: str) -> dict[str, Json]:
    """One line of the list; a damaged record must not hide the others."""
    from runner.runs.record import open_run

    try:
        return _row(open_run(app.paths.runs, run_id))
    except StoreFailed:
        return dict.fromkeys(COLUMNS) | {"run_id": run_id, "outcome": "damaged"}


def _row(record: RunRecord) -> dict[str, Json]:
    from runner.runs.record import read_json

    task = record.data.get("task")
    ended = record.folder / "outcome.json"
    outcome = read_json(ended) if ended.exists() else {}
    usage = outcome.get("usage")
    values = (
        record.run_id,
        task.get("id") if isinstance(task, dict) else None,
        outcome.get("outcome") or ("given_back" if _is_settled(record) else "unfinished"),
        usage.get("cost_usd") if isinstance(usage, dict) else None,
        outcome.get("pull_request"),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _is_settled(record: RunRecord) -> bool:
    """Whether a run that has no outcome is over all the same: it ended before claude was asked."""
    steps = record.data.get("steps")
    return any(
        isinstance(step, dict) and step.get("name") == "settle" and "done_at" in step
        for step in (steps if isinstance(steps, list) else [])
    )


@runs.command("show")
@run_argument
@json_option
@click.pass_obj
def show_run(app: App, run_id: str, as_json: bool) -> None:
    """Show one run: its steps, its checks and where its files are.

    \b
    Example:
      runner runs show r-20261122-101500-1a2b3c
    """
    from runner.runs.record import open_run, read_json

    parent = click.get_current_context().parent
    as_json = as_json or bool(parent and parent.params["as_json"])
    record = open_run(app.paths.runs, run_id)
    ended = record.folder / "outcome.json"
    outcome = read_json(ended) if ended.exists() else None
    if as_json:
        print_json({"folder": record.folder, "run": record.data, "outcome": outcome})
        return
    click.echo("\n".join(_lines(record, outcome)))


def _lines(record: RunRecord, outcome: dict[str, Json] | None) -> list[str]:
    names = ("run:", "task:", "outcome:", "cost:", "pull request:")
    cells = zip(names, _cells(_row(record)), strict=True)
    lines = [f"{name:<14}{safe(cell)}" for name, cell in cells if cell != "-"]
    lines.append(f"{'folder:':<14}{record.folder}")
    if outcome and outcome.get("cause"):
        lines.append(f"{'cause:':<14}{safe(str(outcome['cause']))}")
    steps = record.data.get("steps")
    lines += ["", "steps:"]
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict):
            mark = "done" if "done_at" in step else "not finished"
            lines.append(f"  {step.get('name')!s:<14}{mark}")
    return lines + _check_lines(outcome)


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
