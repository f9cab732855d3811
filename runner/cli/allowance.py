"""`runner allowance`: what agents may spend, have spent, and would be allowed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from runner.cli.group import Group
from runner.cli.output import Command, json_option, safe, show, table

if TYPE_CHECKING:
    from runner.allowance.report import AllowanceReport
    from runner.wiring.app import App

UNLIMITED = "unlimited"
Limit = int | str | list[str] | None
"""A value as the limits file has it: a number, decimal text for money, a list of models, None for no limit."""


def count(text: str) -> Limit:
    """A whole number from 0, or `unlimited`."""
    if text == UNLIMITED:
        return None
    if not (text.isascii() and text.isdigit()):
        raise click.BadParameter(f'{text!r} is no whole number from 0, nor "unlimited"')
    return int(text)


def seconds(text: str) -> Limit:
    """A whole number from 1, or `unlimited`."""
    value = count(text)
    if value == 0:
        raise click.BadParameter("a run needs one second at least")
    return value


def money(text: str) -> Limit:
    """An amount in USD from 0, or `unlimited`."""
    from runner.allowance.limits import nano_from_usd

    if text == UNLIMITED:
        return None
    try:
        nano_from_usd(text)
    except ValueError:
        raise click.BadParameter(f'{text!r} is no amount in USD such as 12.50, nor "unlimited"') from None
    return text


def names(text: str) -> Limit:
    """Names with commas between them, or `unlimited`."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise click.BadParameter('name one model at least, or "unlimited" for all')
    return None if found == [UNLIMITED] else found


def limit_option(
    flag: str, metavar: str, read: Callable[[str], Limit], help_text: str, *, key: str | None = None
) -> Callable[[Command], Command]:
    """An option that sets one limit; `key` is its name in the file, where it is not the flag's."""
    return click.option(flag, *filter(None, [key]), metavar=metavar, type=read, help=help_text)


@click.group(cls=Group)
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
@limit_option("--daily-tokens", "NUMBER", count, "Tokens a day.")
@limit_option("--daily-jobs", "NUMBER", count, "Runs a day.")
@limit_option("--concurrent-jobs", "NUMBER", count, "Runs at one time.")
@limit_option("--daily-cost", "USD", money, "Money a day.", key="daily_cost_usd")
@limit_option("--run-tokens", "NUMBER", count, "Tokens of one run.")
@limit_option("--run-cost", "USD", money, "Money for one run.", key="run_cost_usd")
@limit_option("--job-duration", "SECONDS", seconds, "How long one run may take.", key="job_duration_s")
@limit_option("--models", "A,B", names, "The models that may be used.")
@json_option
@click.pass_context
def set_allowance(ctx: click.Context, /, agent: str | None, as_json: bool, **limits: Limit) -> None:
    """Set limits; 0 is none at all, "unlimited" takes a limit away.

    \b
    Example:
      runner allowance set --daily-cost 5 --run-cost 0.50
    """
    from runner.allowance.limits_edit import set_limits

    app: App = ctx.obj
    # An option that was not given is None as well, but "unlimited" was.
    changes = {
        key: value
        for key, value in limits.items()
        if ctx.get_parameter_source(key) is not ParameterSource.DEFAULT
    }
    if not changes:
        raise click.UsageError("say which limit to set, as --daily-cost 5; --help lists them")
    tables = set_limits(app.paths.allowance_file, changes, agent_id=agent)
    now = tables.of(agent) if agent else tables.default
    show(now, as_json=as_json, text=f"{app.paths.allowance_file}: {', '.join(sorted(changes))} set")


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
    from runner.allowance.report import explain as sentences_of
    from runner.allowance.rules import ask_for

    agent_id = agent or app.agent_id
    limits = app.limits(agent_id)
    chosen = model or app.settings.claude.model or (limits.models[0] if limits.models else "")
    ask = ask_for(limits, run_id="explain", agent_id=agent_id, model=chosen)
    verdict = app.ledger.check(ask)
    sentences = sentences_of(ask, verdict, limits=limits, source=app.limits.source())
    value = {"ask": ask, "granted": verdict.granted, "denial": verdict.denial, "sentences": sentences}
    show(value, as_json=as_json, text="\n".join(sentences))


@allowance.command()
@json_option
@click.pass_obj
def repair(app: App, as_json: bool) -> None:
    """Rebuild a damaged ledger from what can be read.

    What is unknown is booked in full.

    \b
    Example:
      runner allowance repair
    """
    from runner.allowance.files.repair import repair as repair_folder

    done = repair_folder(app.paths.allowance_folder, now=time.time())
    show(done, as_json=as_json, text="\n".join(map(safe, done.lines())))
