"""`runner allowance`: what agents may spend, have spent, and would be allowed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from runner.cli.output import json_option, safe, show, table

if TYPE_CHECKING:
    from runner.allowance.report import AllowanceReport
    from runner.wiring.app import App

LIMIT = "NUMBER"


@click.group()
def allowance() -> None:
    """See and set limits on tokens, money and jobs.

    \b
    Example:
      runner allowance show
    """


@allowance.command("show")
@click.option("--agent", metavar="ID", help="Another agent than you.")
@json_option
@click.pass_obj
def show_allowance(app: App, agent: str | None, as_json: bool) -> None:
    """Show what is used, held and left today (UTC).

    \b
    Example:
      runner allowance show --json
    """
    from runner.allowance.report import report

    agent_id = agent or app.agent_id
    shown = report(
        agent_id,
        limits=app.limits(agent_id),
        source=app.limits.source(),
        quotas=app.ledger.quotas(agent_id),
        holds=app.ledger.open_holds(agent_id),
    )
    show(shown, as_json=as_json, text=_text(shown))


def _text(shown: AllowanceReport) -> str:
    from runner.allowance.report import HOLD_HEAD, RULE_HEAD, cap_lines, hold_rows, rule_rows

    lines = [f"agent {safe(shown.agent_id)}", *map(safe, cap_lines(shown)), ""]
    lines.append(table(RULE_HEAD, rule_rows(shown)))
    if shown.holds:
        lines += ["", table(HOLD_HEAD, hold_rows(shown))]
    return "\n".join(lines)


@allowance.command("set")
@click.option("--agent", metavar="ID", help="Only for this agent (else the default of all).")
@click.option("--daily-tokens", metavar=LIMIT)
@click.option("--daily-jobs", metavar=LIMIT)
@click.option("--concurrent-jobs", metavar=LIMIT)
@click.option("--daily-cost", "daily_cost_usd", metavar="USD")
@click.option("--run-tokens", metavar=LIMIT, help="Cap of one run.")
@click.option("--run-cost", "run_cost_usd", metavar="USD", help="Cap of one run.")
@click.option("--job-duration", "job_duration_s", metavar="SECONDS")
@click.option("--models", metavar="A,B", help="The models that may be used.")
@json_option
@click.pass_obj
def set_allowance(app: App, /, agent: str | None, as_json: bool, **limits: str | None) -> None:
    """Set limits; 0 is none at all, "unlimited" takes a limit away.

    \b
    Example:
      runner allowance set --daily-cost 5 --run-cost 0.50
    """
    from runner.allowance.limits_edit import set_limits

    changes = {key: limit_value(key, text) for key, text in limits.items() if text is not None}
    if not changes:
        raise click.UsageError("say which limit to set, as --daily-cost 5; --help lists them")
    tables = set_limits(app.paths.allowance_file, changes, agent_id=agent)
    now = tables.of(agent) if agent else tables.default
    show(now, as_json=as_json, text=f"{app.paths.allowance_file}: {', '.join(sorted(changes))} set")


def limit_value(key: str, text: str) -> object:
    """What was typed, as the file has it: a number, decimal text for money, a list of models, None for no limit."""
    if text == "unlimited":
        return None
    if key == "models":
        return [name.strip() for name in text.split(",") if name.strip()]
    return text if key.endswith("_usd") or not text.lstrip("-").isdigit() else int(text)


@allowance.command()
@click.option("--agent", metavar="ID", help="Another agent than you.")
@click.option("--model", metavar="NAME", help="As if with this model.")
@json_option
@click.pass_obj
def explain(app: App, agent: str | None, model: str | None, as_json: bool) -> None:
    """Say whether a run would be let in now, and why not.

    \b
    Example:
      runner allowance explain --model opus
    """
    from runner.allowance.model import Ask
    from runner.allowance.report import explain as sentences_of
    from runner.runs.holding import hold_before_claim

    agent_id = agent or app.agent_id
    limits = app.limits(agent_id)
    tokens, cost = hold_before_claim(limits)
    chosen = model or app.settings.claude.model or (limits.models[0] if limits.models else "")
    ask = Ask(id="explain", agent_id=agent_id, model=chosen, tokens=tokens, cost_nano=cost)
    verdict = app.ledger.check(ask)
    sentences = sentences_of(ask, verdict, limits=limits, source=app.limits.source())
    value = {"ask": ask, "granted": verdict.granted, "denial": verdict.denial, "sentences": sentences}
    show(value, as_json=as_json, text="\n".join(sentences))


@allowance.command()
@json_option
@click.pass_obj
def repair(app: App, as_json: bool) -> None:
    """Rebuild a damaged ledger from what can be read; what is unknown is booked in full.

    \b
    Example:
      runner allowance repair
    """
    from runner.allowance.files.repair import repair as repair_folder

    done = repair_folder(app.paths.allowance_folder, now=time.time())
    show(done, as_json=as_json, text="\n".join(map(safe, done.lines())))
