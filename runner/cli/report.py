"""How the end of a run is told: one JSON object, or a few lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.allowance.model import NANO_PER_USD
from runner.cli.exit_codes import EXIT_CODES
from runner.cli.output import counted, print_json, safe, safe_block

if TYPE_CHECKING:
    from runner.runs.model import RunReport


def tell_report(report: RunReport, *, as_json: bool) -> int:
    """Print how a run ended; returns its exit code."""
    from runner.runs.ending import outcome_facts

    if as_json:
        print_json(outcome_facts(report))
    else:
        click.echo("\n".join(_lines(report)))
    return EXIT_CODES[report.outcome]


def _lines(report: RunReport) -> list[str]:
    usage, tokens = report.usage, report.usage.tokens
    lines = [
        f"{report.task_id}: {report.outcome.value}" + (f" ({safe(report.cause)})" if report.cause else "")
    ]
    if report.branch:
        lines.append(f"branch:       {report.branch}")
    if report.pull_request:
        lines.append(f"pull request: {report.pull_request}")
    lines += [
        f"check:        {safe(check.command)}: {'passed' if check.green else 'failed'}"
        for check in report.evidence.result
    ]
    if not report.evidence.result:
        lines += [
            f"check:        {safe(check.command)}: {'passed' if check.green else 'failed'} on the base"
            for check in report.evidence.base
        ]
    spent = ", ".join(
        (
            f"${usage.cost_nano / NANO_PER_USD:.4f}",
            counted(tokens.counted, "token"),
            counted(usage.turns, "turn"),
            f"{usage.seconds:.1f} s",
        )
    )
    lines.append(f"cost:         {spent}")
    lines += [f"warning:      {safe(warning)}" for warning in report.warnings]
    lines.append(f"run:          {report.run_id}")
    if report.question:
        lines += ["question:", *(f"  {line}" for line in safe_block(report.question).splitlines())]
    if report.hint:
        lines.append(f"hint: {safe(report.hint)}")
    return lines
