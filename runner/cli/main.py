"""The command `runner`: finds its subcommands lazily, and turns every failure into text and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn, cast

import click

from runner import __version__
from runner.errors import EXIT_BUG, EXIT_INTERRUPTED, RunnerError
from runner.wiring.app import App, Flags

COMMANDS = {
    "allowance": "runner.cli.allowance:allowance",
    "answer": "runner.cli.changes:answer",
    "ask": "runner.cli.ask:ask",
    "cancel": "runner.cli.changes:cancel",
    "claim": "runner.cli.claim:claim",
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
    "runs": "runner.cli.runs:runs",
    "show": "runner.cli.tasks:show_task",
    "status": "runner.cli.status:status",
    "submit": "runner.cli.tasks:submit",
    "take": "runner.cli.by_hand:take",
    "trust": "runner.cli.trust:trust",
    "update": "runner.cli.changes:update",
}
"""Every command and where it lives; importing one of these modules is what running the command costs."""

EXIT_BROKEN_PIPE = 141


class RunnerGroup(click.Group):
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
            more = f" Did you mean `runner {near[0]}`?" if near else " `runner --help` lists them."
            ctx.fail(f"there is no command {name!r}.{more}")
        return super().resolve_command(ctx, args)


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
    flags = Flags(agent=agent, project=project, profile=profile, verbosity=verbose)
    ctx.obj = App(environ=os.environ, cwd=Path.cwd, flags=flags)
    ctx.call_on_close(ctx.obj.close)
    if verbose or os.environ.get("RUNNER_LOG"):
        ctx.obj.configure_log()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the right exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The one place where a failure becomes text and an exit code."""
    try:
        code = cli.main(arguments, prog_name="runner", standalone_mode=False)
        sys.stdout.flush()
    except RunnerError as error:
        return tell(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`runner list | head`): nothing is wrong, and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except Exception as bug:  # noqa: BLE001 - the last net: a traceback goes to a file, never to a person
        return tell_bug(bug)
    return code if isinstance(code, int) else 0


def tell(error: RunnerError) -> int:
    """Print an expected failure; returns its exit code."""
    click.echo(f"error: {error}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)
    return error.exit_code


def tell_bug(bug: Exception) -> int:
    """Keep the traceback in a file that the message names; returns 70."""
    from runner.log import write_traceback

    path = write_traceback(bug)
    click.echo(f"error: this is a bug in runner: {type(bug).__name__}: {bug}", err=True)
    click.echo(f"hint: the details are in {path}; please report them", err=True)
    return EXIT_BUG
