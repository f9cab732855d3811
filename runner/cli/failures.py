"""The one place where a failure becomes text and an exit code: a line that says what, a line that says what to do."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from runner.errors import EXIT_BUG, EXIT_INTERRUPTED, OutsideTrouble, RunnerError, StoreFailed, UsageProblem

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

EXIT_BROKEN_PIPE = 141
"""What a shell says of a program that SIGPIPE has ended."""


def guarded(work: Callable[[], object], *, arguments: Sequence[str]) -> int:
    """Do the work of a command; returns its exit code, whatever happens.

    A failure goes to standard error as text, and with `--json` to standard output as one object as well.
    """
    try:
        code = work()
        _flush()
    except BrokenPipeError:
        return _nobody_listens()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last net under every command
        return _tell(error, as_json=wants_json(arguments))
    return code if isinstance(code, int) else 0


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among the options; also a command line that nobody can parse is to be answered."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def in_words(error: BaseException) -> tuple[str, str, int]:
    """What happened (a line for each thing that is wrong), what to do, and how the program ends."""
    if isinstance(error, RunnerError):
        return str(error), error.hint, error.exit_code
    if isinstance(error, click.ClickException):
        return _of_click(error)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return "interrupted", "", EXIT_INTERRUPTED
    return _of_a_bug(error)


def _tell(error: BaseException, *, as_json: bool) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()  # the whole help page: somebody has only just begun
        return error.exit_code
    if isinstance(error, OSError):
        error = _trouble_with_output(error) or _trouble_with_disk(error) or error
    message, hint, code = in_words(error)
    try:
        _tell_people(message, hint)
        if as_json:
            _tell_programs(message, hint, code)
    except OSError:
        _close_output()  # nobody can be told; the exit code has to do
    return code


def _of_click(error: click.ClickException) -> tuple[str, str, int]:
    text = " ".join(error.format_message().split()).removesuffix(".")
    # Click's sentences begin with a capital; a name that is written in capitals stays as it is.
    message = text[:1].lower() + text[1:] if text[1:2].islower() else text
    context = error.ctx if isinstance(error, click.UsageError) else None
    return message, f"`{context.command_path} --help` shows how" if context else "", UsageProblem.exit_code


def _of_a_bug(bug: BaseException) -> tuple[str, str, int]:
    from runner.log import write_traceback

    path = write_traceback(bug)
    message = " ".join(f"this is a bug in runner: {type(bug).__name__}: {bug}".split())
    return message, f"the details are in {path}; please report them", EXIT_BUG


def _tell_people(message: str, hint: str) -> None:
    from runner.cli.output import safe

    for line in filter(None, map(safe, message.split("\n"))):
        click.echo(f"error: {line}", err=True)
    if hint:
        click.echo(f"hint: {safe(hint)}", err=True)


def _tell_programs(message: str, hint: str, code: int) -> None:
    from runner.cli.output import print_json

    print_json({"error": message, "hint": hint, "exit_code": code})


def _trouble_with_output(error: OSError) -> OutsideTrouble | None:
    """Whether it was the output that failed: while it was written, or, as a second try tells, in its buffer."""
    failed: OSError | None = error if _is_of_echo(error) else None
    try:
        _flush()
    except OSError as again:
        failed = again
    if failed is None:
        return None
    _close_output()
    return OutsideTrouble(
        f"the output cannot be written: {failed.strerror or failed}", hint="make room, or send it elsewhere"
    )


def _trouble_with_disk(error: OSError) -> StoreFailed | None:
    if error.errno not in _NO_ROOM:
        return None
    where = f"{error.filename} cannot be written: " if error.filename else ""
    return StoreFailed(f"{where}{error.strerror}", hint="free some space and try again")


def _is_of_echo(error: OSError) -> bool:
    """Without a buffer (PYTHONUNBUFFERED) the write itself fails, and nothing is left for a second try."""
    innermost = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is not None and innermost.tb_frame.f_code is click.echo.__code__


def _flush() -> None:
    if sys.stdout is not None:  # it is None in a process that was started without one
        sys.stdout.flush()


def _nobody_listens() -> int:
    """The reader went away (`runner list | head`): nothing is wrong."""
    _close_output()
    return EXIT_BROKEN_PIPE


def _close_output() -> None:
    """What is still in the buffer goes nowhere; else the interpreter would fail over it at its very end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
