"""`runner status`: the queue, the allowance and the runs of this machine at one glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.arguments import agent_option
from runner.cli.output import json_option, show
from runner.tasks.model import Status

if TYPE_CHECKING:
    from runner.allowance.model import Quota
    from runner.runs.overview import Overview
    from runner.wiring.app import App


@click.command()
@agent_option
@json_option
@click.pass_obj
def status(app: App, as_json: bool) -> None:
    """Show the queue, the allowance and what runs here now.

    \b
    Example:
      runner status
    """
    counts = app.board.counts()
    quotas = app.ledger.quotas(app.agent_id)
    left = _left_unfinished(app)
    dead = {run.run_id for run in left}
    # A killed run holds its part of the allowance until somebody goes on with it, but nothing runs.
    holds = [hold for hold in app.ledger.open_holds(app.agent_id) if hold.id not in dead]
    value = {
        "agent": app.agent_id,
        "tasks": {status.value: count for status, count in counts.items()},
        "quotas": [{"rule": quota.rule, "left": quota.left, "limit": quota.limit} for quota in quotas],
        "running": [hold.id for hold in holds],
        "unfinished": [
            {
                "run_id": run.run_id,
                "task_id": run.task_id,
                "state": run.state.value,
                "until": run.retry_at.isoformat() if run.retry_at else None,
            }
            for run in left
        ],
    }
    shown = (Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED, Status.FAILED)
    tasks = ", ".join(f"{counts[one]} {one.value.replace('_', ' ')}" for one in shown)
    lines = [f"Agent:     {app.agent_id}", f"Tasks:     {tasks}", f"Allowance: {_allowance(quotas)}"]
    lines.append(f"Running:   {', '.join(hold.id for hold in holds) or 'nothing'}")
    lines += map(_line, left)
    show(value, as_json=as_json, text="\n".join(lines))


def _left_unfinished(app: App) -> tuple[Overview, ...]:
    """Runs of this machine that nobody works on and that are not over, oldest first."""
    from runner.runs.listing import unfinished
    from runner.runs.overview import RunState, overview_of

    runs = (overview_of(record.folder) for record in unfinished(app.paths.runs))
    return tuple(run for run in runs if run.state in {RunState.UNFINISHED, RunState.WAITING})


def _line(run: Overview) -> str:
    from runner.cli.output import safe
    from runner.runs.overview import RunState

    label = "Waiting:  " if run.state is RunState.WAITING else "Cut off:  "
    until = f" until {run.retry_at:%H:%M} UTC" if run.retry_at else ""
    task = f" ({safe(run.task_id)})" if run.task_id else ""
    return f"{label} {run.run_id}{task}{until}; `runner resume {run.run_id}` goes on with it"


def _allowance(quotas: tuple[Quota, ...]) -> str:
    from runner.allowance.report import NAMES
    from runner.allowance.words import amount

    left = [
        f"{amount(quota.rule, quota.left)} of {amount(quota.rule, quota.limit)} {NAMES[quota.rule]} left"
        for quota in quotas
        if quota.limit is not None and quota.left is not None
    ]
    return "; ".join(left) or "unlimited"
