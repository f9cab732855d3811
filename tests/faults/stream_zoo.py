"""The stream zoo: every way in which `claude` may misbehave, and what must come of it.

`python -m tests.faults.stream_zoo` meets all of them and prints a table. The program is a stand-in, driven by the real
`ClaudeProgram` over the real process package.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
import tracemalloc
import uuid
from dataclasses import dataclass
from pathlib import Path

from runner.claude.call import Patience
from runner.claude.outcome import Ending
from runner.claude.prices import DEAREST
from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeRequest, ClaudeResult
from runner.claude.recording import Recorded, ending_in, spent_in
from runner.process import tree
from runner.process.brand import brand_of
from runner.process.ending import Grace
from runner.process.mark import ProcessMark
from runner.process.stop import Stop
from runner.tasks.model import Outcome

PATIENCE = Patience(
    silence_s=1.0,
    exit_wait_s=0.5,
    stream_limit_bytes=30 * 2**20,
    grace=Grace(interrupt_s=0.3, terminate_s=0.3, kill_s=1.0, force_s=5.0),
)
"""The real numbers are 660 s, 10 s, 1 GiB and 5, 5, 8, 8 s; nothing else is different here."""

PROGRAM = Path(__file__).with_name("stream_zoo_program.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beast:
    """One way to misbehave, and the ending that it must have."""

    name: str
    """What the stand-in knows it by."""
    story: str
    outcome: Outcome
    messages: int = 1
    """How many messages of 1050 tokens and 0.005 USD are charged."""
    words: str = "done"
    """What the result says, at least."""
    within_s: float = 6.0
    """For the table only: a machine may be busy. In time means: ended by its own limit, not by the call's 60 s."""
    unpriced: bool = False
    prompt: str = "Do it."


TOKENS, NANO_USD = 1050, 5_000_000
"""Of one message."""
UNPRICED_NANO_USD = 1000 * DEAREST.input + 50 * DEAREST.output

CRASHED, DONE, TIMEOUT = Outcome.CRASHED, Outcome.DONE, Outcome.TIMEOUT
_SILENT = "claude said nothing for"

ZOO = (
    Beast(name="silent", story="says nothing at all", outcome=TIMEOUT, messages=0, words=_SILENT),
    Beast(name="silent_in_mid_answer", story="falls silent, deaf to signals", outcome=TIMEOUT, words=_SILENT),
    Beast(
        name="does_not_read",
        story="does not read its prompt",
        outcome=TIMEOUT,
        messages=0,
        words=_SILENT,
        prompt="word " * 100_000,
    ),
    Beast(name="closes_its_output", story="closes its output and stays", outcome=TIMEOUT, words=_SILENT),
    Beast(name="tool_runs_without_a_word", story="a tool runs longer than one may be silent", outcome=DONE),
    Beast(name="waits_as_announced", story="waits for a retry, as it has told", outcome=DONE),
    Beast(name="hangs_after_the_result", story="hangs after its result, deaf to signals", outcome=DONE),
    Beast(
        name="two_results",
        story="two results, the second of an injected turn",
        outcome=DONE,
        messages=2,
        words="ours",
    ),
    Beast(name="no_result", story="no result, exit 0", outcome=Outcome.NO_RESULT, words="without a result"),
    Beast(
        name="torn_result", story="half a result, exit 0", outcome=Outcome.NO_RESULT, words="without a result"
    ),
    Beast(name="result_without_an_end_of_line", story="a result without an end of line", outcome=DONE),
    Beast(
        name="success_that_is_an_error",
        story="`success` with `is_error` (429 without a reset)",
        outcome=Outcome.OVERLOADED,
        messages=0,
        words="429",
    ),
    Beast(
        name="usage_limit",
        story="a usage limit with its reset",
        outcome=Outcome.LIMIT_UNTIL,
        messages=0,
        words="5-hour limit",
    ),
    Beast(name="result_then_exit_1", story="a result, then exit 1", outcome=DONE),
    Beast(name="error_and_exit_0", story="an error, exit 0", outcome=CRASHED, words="it broke"),
    Beast(name="exit_143", story="exit 143", outcome=CRASHED, words="exit code 143"),
    Beast(
        name="zero_cost_crash",
        story="a crash that claims to have cost nothing",
        outcome=CRASHED,
        words="failed",
    ),
    Beast(
        name="unknown_model_killed",
        story="killed; a model without a price",
        outcome=CRASHED,
        words="signal 9",
        unpriced=True,
    ),
    Beast(name="long_line", story="one line of 20 MB", outcome=DONE),
    Beast(
        name="split_characters", story="characters split over writes", outcome=DONE, words="naïve — 日本語 🎉"
    ),
    Beast(name="noise", story="noise: text, binary, broken and bottomless JSON", outcome=DONE),
    Beast(name="unknown", story="unknown types and fields, wrong types", outcome=DONE),
    Beast(name="never_stops", story="never stops writing", outcome=CRASHED, words="without an end"),
    Beast(name="never_ends_its_line", story="never ends its line", outcome=CRASHED, words="without an end"),
    Beast(name="child_holds_the_pipe", story="leaves a child that holds the pipe", outcome=DONE),
    Beast(name="child_in_its_own_session", story="leaves a child in its own session", outcome=DONE),
    Beast(name="child_forked_twice", story="leaves a child forked twice", outcome=DONE),
    Beast(
        name="child_with_an_empty_environment",
        story="leaves a child forked twice, own session, empty environment, no pipes",
        outcome=DONE,
    ),
    Beast(
        name="children_and_killed",
        story="leaves two of these and is killed",
        outcome=CRASHED,
        words="signal 9",
    ),
    Beast(name="kills_its_supervisor", story="kills its supervisor", outcome=CRASHED, words="signal 9"),
    Beast(
        name="stops_its_supervisor",
        story="stops its supervisor and hangs, deaf",
        outcome=TIMEOUT,
        words=_SILENT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What came of it."""

    result: ClaudeResult
    seconds: float
    survivors: tuple[str, ...]
    """Processes that were there afterwards and should not be, as `PID COMMAND`."""
    recorded: Recorded
    """What the stream that was kept says, read back."""
    ending: Ending
    """How the program ended, as the stream that was kept says."""
    peak_bytes: int
    """The most memory that was in use for it."""


def meet(beast: Beast, folder: Path) -> Met:
    """Let it loose in an empty folder, and look around afterwards."""
    name, marks, lines = f"zoo-{uuid.uuid4()}", list[ProcessMark](), list[bytes]()
    program = folder / "claude"
    words = shlex.join([sys.executable, "-I", str(PROGRAM), beast.name, name])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    claude = ClaudeProgram(str(program), os.environ, patience=PATIENCE)
    request = ClaudeRequest(
        prompt=lambda: beast.prompt,
        workdir=folder,
        session_id=str(uuid.uuid4()),
        timeout_s=60.0,
        on_start=marks.append,
    )
    tracemalloc.start()
    began = time.monotonic()
    try:
        result = claude.run(request, on_message=lambda _: None, on_line=lines.append, stop=Stop())
        seconds, peak_bytes = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Met(
        result=result,
        seconds=seconds,
        survivors=survivors(name, marks),
        recorded=spent_in(lines),
        ending=ending_in(tuple(lines), has_result=False),
        peak_bytes=peak_bytes,
    )


def wrong(beast: Beast, met: Met) -> tuple[str, ...]:
    """What is not as it must be."""
    result = met.result
    cost = UNPRICED_NANO_USD if beast.unpriced else beast.messages * NANO_USD
    facts = {
        "outcome": result.outcome is beast.outcome,
        "words": beast.words in result.text,
        "tokens": result.tokens.counted == beast.messages * TOKENS,
        "money": (result.cost_nano_usd, result.unpriced) == (cost, beast.unpriced),
        "survivors": not met.survivors,
        "time": not met.ending.timed_out,
        "recording": (met.recorded.tokens, met.recorded.cost_nano) == (result.tokens, result.cost_nano_usd),
    }
    return tuple(name for name, is_right in facts.items() if not is_right)


def survivors(name: str, marks: list[ProcessMark]) -> tuple[str, ...]:
    """Everyone alive who has the name among the arguments or wears one of the brands."""
    brands = {mark.brand for mark in marks}
    found = []
    for pid in tree.everybody():
        command = _command(pid)
        if (name.encode() in command or brand_of(pid) in brands) and tree.runs(pid):
            found.append(f"{pid} {command.decode(errors='replace')}")
    return tuple(found)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


def main() -> int:
    """Print all of them as Markdown. Returns how many were not as they must be."""
    bad = 0
    sys.stdout.write(
        "| claude ... | outcome | seconds (at most) | tokens charged | USD charged | processes left |\n"
    )
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for beast in ZOO:
        with tempfile.TemporaryDirectory() as folder:
            met = meet(beast, Path(folder))
        faults = (*wrong(beast, met), *(("late",) if met.seconds > beast.within_s else ()))
        bad += bool(faults)
        sys.stdout.write(_row(beast, met) + (f" **{', '.join(faults)}**" if faults else "") + "\n")
        sys.stdout.flush()
    return bad


def _row(beast: Beast, met: Met) -> str:
    result = met.result
    cost = "the hold" if result.unpriced else f"{result.cost_nano_usd / 1e9:.3f}"
    cells = (
        beast.story,
        f"`{result.outcome.value}`",
        f"{met.seconds:.1f} ({beast.within_s:.0f})",
        f"{result.tokens.counted}",
        cost,
        f"{len(met.survivors)}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
