"""Rendering in a process of its own, which computes for two seconds and keeps one gigabyte at most.

Inside one expression nothing can be counted (`text.replace("", text)`, a macro that calls itself twice), so the limits
are the system's. It costs a tenth of a second, and only for templates that are not ours.
"""

from __future__ import annotations

import json
import pickle
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import RunnerError, TemplateProblem, UsageProblem
from runner.process.run import Completed, run
from runner.prompts.sandbox import CORRECT, LARGEST_RESULT_CHARS, TOO_MUCH

TIMEOUT_S = 15.0
"""By the clock; a machine may be busy."""

_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from runner.prompts import rendering; rendering.main()"
_TOO_LONG = frozenset({-signal.SIGXCPU, -signal.SIGKILL})
_ERRORS = {kind.__name__: kind for kind in (TemplateProblem, UsageProblem)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One prompt to render: where the templates are, and what is filled in."""

    folders: tuple[str, ...]
    copied_from: Mapping[str, str]
    name: str
    values: Mapping[str, object]


def render_apart(wanted: Wanted, shown: Path) -> str:
    """The prompt; `shown` is the name of its file for people.

    Raises:
        TemplateProblem, UsageProblem: as `Prompts.render` does, or the template computes or keeps too much.
    """
    # -I and -S: nothing of the folder we stand in, no start-up files; our own path is handed over.
    argv = (sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOOT, *filter(None, sys.path))
    done = run(
        argv,
        env={},
        cwd=Path("/"),
        input_bytes=_packed(wanted, shown),
        timeout_s=TIMEOUT_S,
        output_limit_bytes=10 * LARGEST_RESULT_CHARS,
    )
    if done.exit_code or done.timed_out:
        raise TemplateProblem(f"{shown}: {_cause(done)}", hint=CORRECT)
    answer = json.loads(done.stdout)
    if "text" in answer:
        return str(answer["text"])
    raise _ERRORS[answer["error"]](answer["message"], hint=answer["hint"])


def as_answer(error: RunnerError) -> dict[str, str]:
    """An error on its way back."""
    kind = "TemplateProblem" if isinstance(error, TemplateProblem) else "UsageProblem"
    return {"error": kind, "message": str(error), "hint": error.hint}


def _packed(wanted: Wanted, shown: Path) -> bytes:
    try:
        return pickle.dumps(wanted)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TemplateProblem(
            f"{shown}: a value cannot be handed over: {error}", hint="this is a mistake in runner"
        ) from error


def _cause(done: Completed) -> str:
    if done.timed_out or done.exit_code in _TOO_LONG:
        return TOO_MUCH
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
    return TOO_MUCH if "MemoryError" in last else f"rendering ended with {done.exit_code}: {last}"
