"""`runner init`: the first settings and limits of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.output import json_option, show

if TYPE_CHECKING:
    from runner.setup.init import Answers, Initialised
    from runner.wiring.app import App


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
@json_option
@click.pass_obj
def init(app: App, yes: bool, as_json: bool) -> None:
    """Write first settings and safe limits; what is there already stays as it is.

    \b
    Example:
      runner init --yes
    """
    from runner.setup.init import Answers
    from runner.setup.init import init as initialise

    top = app.source.top if app.source else None
    answers = Answers() if yes or as_json else _ask(app)
    done = initialise(app.paths, environment=app.environ, top=top, answers=answers)
    value = {"wrote": done.wrote, "kept": done.kept, "next_steps": done.next_steps}
    show(value, as_json=as_json, text=_text(done))


def _ask(app: App) -> Answers:
    from runner.setup.init import Answers

    return Answers(
        agent_id=click.prompt("Name of this agent", default=app.agent_id, err=True),
        model=click.prompt("Model (empty: as claude chooses)", default="", show_default=False, err=True)
        or None,
    )


def _text(done: Initialised) -> str:
    lines = [f"wrote {path}" for path in done.wrote]
    lines += [f"kept  {path}" for path in done.kept]
    return "\n".join([*lines, *(f"next: {step}" for step in done.next_steps)])
