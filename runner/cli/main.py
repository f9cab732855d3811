"""The command `runner`: finds its subcommands lazily, so that each costs only what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, TextIO, cast

import click

from runner import __version__
from runner.cli.failures import guarded
from runner.cli.group import Group

if TYPE_CHECKING:
    from runner.wiring.app import App

COMMANDS = {
    "allowance": "runner.cli.allowance:allowance",
    "answer": "runner.cli.changes:answer",
    "ask": "runner.cli.ask:ask",
    "cancel": "runner.cli.changes:cancel",
    "claim": "runner.cli.claim:claim",
    "clean": "runner.cli.clean:clean",
    "commit": "runner.cli.by_hand:commit",
    "complete": "runner.cli.changes:complete",
    "completion": "runner.cli.completion:completion",
    "config": "runner.cli.config:config",
    "context": "runner.cli.context:context",
    "init": "runner.cli.init:init",
    "list": "runner.cli.tasks:list_tasks",
    "pr": "runner.cli.by_hand:pr",
    "prompts": "runner.cli.ask:prompts",
    "release": "runner.cli.changes:release",
    "replay": "runner.cli.runs:replay",
    "requeue": "runner.cli.changes:requeue",
    "resume": "runner.cli.resume:resume",
    "runs": "runner.cli.runs:runs",
    "show": "runner.cli.tasks:show_task",
    "status": "runner.cli.status:status",
    "stop": "runner.cli.resume:stop",
    "submit": "runner.cli.tasks:submit",
    "take": "runner.cli.by_hand:take",
    "trust": "runner.cli.trust:trust",
    "update": "runner.cli.changes:update",
}
"""Every command and where it lives; importing one of these modules is what running the command costs."""

MAKES_PROFILES = frozenset({"config", "init"})
"""A profile need not be there before these."""

SECTIONS = {
    "Tasks": ("submit", "list", "show", "update", "answer", "complete", "cancel", "requeue", "release"),
    "Runs": ("claim", "stop", "resume", "runs", "replay", "status", "clean"),
    "In your own checkout": ("take", "commit", "pr"),
    "Questions": ("ask", "context", "prompts"),
    "Set-up": ("init", "trust", "config", "allowance", "completion"),
}
"""How the help page groups them."""


class RunnerGroup(Group):
    """Loads a subcommand only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        return cast(click.Command, getattr(import_module(module), name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command names the nearest one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1)
            ctx.fail(
                f"there is no command {name!r}" + (f"; did you mean `runner {near[0]}`?" if near else "")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in sections."""
        for title, names in SECTIONS.items():
            self.write_section(ctx, formatter, title, names)


@click.group(cls=RunnerGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runner", message="%(prog)s %(version)s")
@click.option("--agent", metavar="ID", help="Act as this agent (else settings, else user@host).")
@click.option("--project", metavar="NAME", help="Act for this project (else this checkout's).")
@click.option("--profile", metavar="NAME", help="Use this [profile.NAME] of the user settings.")
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for everything.")
@click.pass_context
def cli(
    ctx: click.Context, agent: str | None, project: str | None, profile: str | None, verbose: int
) -> None:
    """Run tasks with Claude in your own git checkout, safely.

    \b
    Example:
      runner submit "Fix the clock" -d "It is one hour late in summer."
      runner claim
    """
    from runner.wiring.app import App, Flags

    flags = Flags(agent=agent, project=project, profile=profile, verbosity=verbose)
    ctx.obj = App(environ=os.environ, flags=flags)
    if profile is not None and ctx.invoked_subcommand not in MAKES_PROFILES:
        _ = ctx.obj.configuration  # a name that is none is refused also by those that read no settings
    ctx.call_on_close(ctx.obj.close)
    ctx.call_on_close(lambda: tell_what_was_ignored(ctx.obj))
    if verbose or os.environ.get("RUNNER_LOG"):
        ctx.obj.configure_log()


def tell_what_was_ignored(app: App) -> None:
    """What the settings of this command left aside, if it read them and has not said so itself."""
    configuration = app.__dict__.get("configuration")
    if configuration is not None and (left := app.untold(configuration.own_warnings)):
        from runner.cli.output import tell_warnings

        with suppress(OSError):  # the command is done, and nobody listens
            tell_warnings(left)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code and raises nothing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    write_every_character(sys.stdout, sys.stderr)
    return guarded(lambda: _invoke(given), arguments=given)


def _invoke(words: list[str]) -> object:
    if os.environ.get("_RUNNER_COMPLETE"):
        cli.main(words, prog_name="runner")  # answers the shell, and ends the process
    # Not through `main`: that ends a broken pipe its own way, with the code of a failure.
    try:
        with cli.make_context("runner", words) as context:
            return cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code


def write_every_character(*streams: TextIO | None) -> None:
    """What a terminal's encoding does not have is written as `\\u4fee` instead of ending the command."""
    for stream in streams:
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
