"""What runs in the process that renders one template: limits, then the prompt or what is wrong, as JSON."""

from __future__ import annotations

import json
import pickle
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

from runner.errors import TemplateProblem, UsageProblem
from runner.prompts.confined import Wanted, as_answer
from runner.prompts.sandbox import LARGEST_BYTES, SLOWEST_CPU_S, TooMuch
from runner.prompts.templates import Prompts


def main() -> None:
    """Read what is wanted from standard input, answer on standard output."""
    wanted = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
    confine()
    sys.stdout.write(answer(wanted))


def answer(wanted: Wanted) -> str:
    """`{"text": ...}`, or what is wrong with the template."""
    folders = [Path(folder) for folder in wanted.folders]
    copied = {Path(copy): Path(original) for copy, original in wanted.copied_from.items()}
    try:
        text = Prompts(folders, copied_from=copied, confined=False).render(wanted.name, **wanted.values)
    except (TemplateProblem, UsageProblem) as error:
        return json.dumps(as_answer(error))
    return json.dumps({"text": text})


def confine() -> None:
    """From here on this process computes for two seconds at most, and keeps no more than a gigabyte."""
    signal.signal(signal.SIGXCPU, _too_much)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + SLOWEST_CPU_S
    # The second limit kills: a single long operation never comes back to Python.
    _limit(resource.RLIMIT_CPU, soft, soft + 1)
    _limit(resource.RLIMIT_AS, LARGEST_BYTES, LARGEST_BYTES)
    _limit(resource.RLIMIT_CORE, 0, 0)


def _limit(what: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(what, (soft, hard))
    except (OSError, ValueError):
        # macOS knows no limit of the address space; there the limit of time bounds what can be filled.
        return


def _too_much(_number: int, _frame: FrameType | None) -> None:
    raise TooMuch
