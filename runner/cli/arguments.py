"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from runner.cli import suggesting
from runner.tasks.model import Priority, Status

Command = TypeVar("Command", bound=Callable[..., Any])

PRIORITIES = click.Choice([priority.value for priority in Priority])
STATUSES = click.Choice([status.value for status in Status])

_SHORT_ID = re.compile(r"(?:[tT]-)?([1-9][0-9]*)")


def whole_id(text: str) -> str:
    """A task id as it is written: `7` and `t-7` mean `T-7`; anything else stays what it is."""
    found = _SHORT_ID.fullmatch(text)
    return f"T-{found[1]}" if found else text


def task_argument(*statuses: Status, required: bool = True) -> Callable[[Command], Command]:
    """`TASK`, as the argument `task_id`; the shell offers tasks in these states (in any, if none is named)."""
    return click.argument(
        "task_id",
        metavar="TASK" if required else "[TASK]",
        required=required,
        type=whole_id,
        shell_complete=suggesting.task_ids(*statuses),
    )


def task_option(help_text: str) -> Callable[[Command], Command]:
    """`--task TASK`, as the argument `task_id`."""
    return click.option(
        "--task",
        "task_id",
        metavar="TASK",
        type=whole_id,
        help=help_text,
        shell_complete=suggesting.task_ids(),
    )


def closes_option(help_text: str) -> Callable[[Command], Command]:
    """`--closes ISSUE`, any number of times, as the argument `closes`."""
    return click.option("--closes", multiple=True, metavar="ISSUE", help=help_text)


def run_argument(command: Command) -> Command:
    """`RUN`, as the argument `run_id`."""
    return click.argument("run_id", metavar="RUN", shell_complete=suggesting.run_ids)(command)


def agent_option(command: Command) -> Command:
    """`--agent ID` behind the subcommand, the same as before it."""
    return click.option(
        "--agent",
        metavar="ID",
        help="Act as this agent (else settings, else user@host).",
        expose_value=False,
        callback=lambda ctx, _, value: _act_as(ctx, agent=value),
    )(command)


def project_option(command: Command) -> Command:
    """`--project NAME` behind the subcommand, the same as before it."""
    return click.option(
        "--project",
        metavar="NAME",
        help="Act for this project (else this checkout's).",
        expose_value=False,
        callback=lambda ctx, _, value: _act_as(ctx, project=value),
        shell_complete=suggesting.projects,
    )(command)


def _act_as(ctx: click.Context, **who: str | None) -> None:
    if ctx.obj is not None:  # there is none while the shell asks what to offer
        ctx.obj.act_as(**who)
