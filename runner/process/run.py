"""Run a program to its end and keep what it said."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.process.buffers import Ends
from runner.process.ending import Grace
from runner.process.exchange import Exchange
from runner.process.launch import launch
from runner.process.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended. `exit_code` is negative for a signal.

    `stopped` and `timed_out` say that we ended it; it may still have exited with 0 when asked to.
    """

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    stopped: bool
    truncated: bool = False
    """Whether more was written than the limit: then the middle of the output is missing."""


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    input_bytes: bytes = b"",
    timeout_s: float,
    stop: Stop | None = None,
    sweep: bool = False,
    output_limit_bytes: int = 10_000_000,
    grace: Grace | None = None,
) -> Completed:
    """Start `argv` and wait for its end, at most `timeout_s` seconds plus the graces of the stop ladder.

    The child has a session of its own, so a Ctrl-C at the terminal reaches it only through `stop`. Its process
    group is gone when this returns; with `sweep` every descendant is, also one that tried to get away. It is
    not started at all when `stop` is already set. At most `output_limit_bytes` of each stream are kept, its
    beginning and its end.

    Raises:
        ProgramMissing: `argv[0]` is not found, not executable, or the system refuses to start it.
        OutsideTrouble: `cwd` is not a folder, or the process cannot be ended.
    """
    if stop is not None and stop.is_set():
        return Completed(
            argv=tuple(argv), exit_code=-signal.SIGINT, stdout=b"", stderr=b"", timed_out=False, stopped=True
        )
    stdout, stderr = Ends(output_limit_bytes), Ends(output_limit_bytes)
    launched = launch(argv, env=env, cwd=cwd, with_stdin=bool(input_bytes), swept=sweep)
    with Exchange(
        launched,
        timeout_s=timeout_s,
        stop=stop,
        grace=grace or Grace(),
        on_stdout=stdout.add,
        on_stderr=stderr.add,
    ) as exchange:
        exchange.write(input_bytes)
        exchange.to_end()
    return Completed(
        argv=tuple(argv),
        exit_code=exchange.exit_code or 0,
        stdout=stdout.bytes(),
        stderr=stderr.bytes(),
        timed_out=exchange.ending.timed_out,
        stopped=exchange.ending.stopped,
        truncated=stdout.truncated or stderr.truncated,
    )
