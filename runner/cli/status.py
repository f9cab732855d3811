"""`runner status`: the queue, the allowance and the runs of this machine at one glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.arguments import agent_option
from runner.cli.output import json_option, show
from runner.tasks.model import Status

if TYPE_CHECKING:
    from runner.allowance.model import Quota
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
    holds = app.ledger.open_holds(app.agent_id)
    value = {
        "agent": app.agent_id,
        "tasks": {status.value: count for status, count in counts.items()},
        "quotas": [{"rule": quota.rule, "left": quota.left, "limit": quota.limit} for quota in quotas],
        "running": [hold.id for hold in holds],
    }
    shown = (Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED, Status.FAILED)
    tasks = ", ".join(f"{counts[one]} {one.value.replace('_', ' ')}" for one in shown)
    lines = [f"Agent:     {app.agent_id}", f"Tasks:     {tasks}", f"Allowance: {_allowance(quotas)}"]
    lines.append(f"Running:   {', '.join(hold.id for hold in holds) or 'nothing'}")
    show(value, as_json=as_json, text="\n".join(lines))


def _allowance(quotas: tuple[Quota, ...]) -> str:
    from runner.allowance.report import NAMES
    from runner.allowance.words import amount

    left = [
        f"{amount(quota.rule, quota.left)} of {amount(quota.rule, quota.limit)} {NAMES[quota.rule]} left"
        for quota in quotas
        if quota.limit is not None and quota.left is not None
    ]
    return "; ".join(left) or "unlimited"
