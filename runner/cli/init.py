"""`runner init`: the first settings and limits of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.output import is_asked, json_option, safe, show

if TYPE_CHECKING:
    from runner.allowance.model import Limits
    from runner.setup.init import Answers, Initialised
    from runner.wiring.app import App


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
@json_option
@click.pass_obj
def init(app: App, yes: bool, as_json: bool) -> None:
    """Write first settings and safe limits.

    What is there already stays as it is. Without a terminal nothing is asked, as with --yes and --json.

    \b
    Example:
      runner init --yes
    """
    from runner.setup.init import Answers
    from runner.setup.init import init as initialise

    top = app.source.top if app.source else None
    answers = _ask(app) if is_asked() and not (yes or as_json) else Answers()
    done = initialise(app.paths, environment=app.environ, top=top, answers=answers)
    value = {"wrote": done.wrote, "kept": done.kept, "next_steps": done.next_steps}
    show(value, as_json=as_json, text=_text(done))


def _ask(app: App) -> Answers:
    """Only what goes into a file that is not there yet; Enter takes the default."""
    from runner.setup.init import Answers

    answers = Answers()
    if not app.paths.config_file.exists():
        agent = click.prompt("Name of this agent", default=app.agent_id, err=True)
        model = click.prompt("Model (Enter: as claude chooses)", default="", show_default=False, err=True)
        answers = Answers(agent_id=None if agent == app.agent_id else agent, model=model or None)
    if app.paths.allowance_file.exists():
        return answers
    return Answers(agent_id=answers.agent_id, model=answers.model, limits=_ask_limits())


def _ask_limits() -> Limits:
    from dataclasses import replace

    from runner.allowance.limits import SAFE_DEFAULTS

    return replace(
        SAFE_DEFAULTS,
        daily_cost_nano=_ask_usd("Most money a day, in USD", SAFE_DEFAULTS.daily_cost_nano or 0),
        run_cost_nano=_ask_usd("Most money for one run, in USD", SAFE_DEFAULTS.run_cost_nano or 0),
    )


def _ask_usd(question: str, default_nano: int) -> int:
    from runner.allowance.limits import nano_from_usd, usd_text

    def nano(text: str) -> int:
        try:
            return nano_from_usd(text)
        except ValueError:
            raise click.BadParameter('wanted an amount such as "12.50"') from None

    answer: int = click.prompt(question, default=usd_text(default_nano), value_proc=nano, err=True)
    return answer


def _text(done: Initialised) -> str:
    lines = [f"wrote {path}" for path in done.wrote]
    lines += [f"kept  {path}" for path in done.kept]
    return "\n".join([*lines, *(f"next: {safe(step)}" for step in done.next_steps)])
