"""Calls of Claude that were killed with the runner: their streams are set aside, what they cost is counted once."""

from __future__ import annotations

from pathlib import Path

from runner.allowance.model import Spent, Tokens
from runner.claude.recording import read_spent
from runner.claude.spending import Spending
from runner.runs.conversing import numbered

STEM = "cut-off"


def set_aside(folder: Path, answered: int) -> None:
    """Rename the stream of the call after the last answered one; the next call writes its own in its place."""
    stream = folder / numbered("stream", answered + 1, "jsonl")
    if stream.exists():
        stream.rename(folder / f"{STEM}-{len(cut_off(folder)) + 1}.jsonl")


def cut_off(folder: Path) -> tuple[Path, ...]:
    """The streams that were set aside, in the order of the calls."""
    found = folder.glob(f"{STEM}-*.jsonl")
    return tuple(sorted(found, key=lambda path: (len(path.name), path.name)))


def spent_in(streams: tuple[Path, ...], before: Spending, *, held_nano: int) -> Spent:
    """What calls without an ending have cost, as far as their streams tell.

    `before` is what the conversation had cost at its last result. A call whose model has no known price costs no less
    than `held_nano`, what was held for the run.
    """
    tokens, cost_nano = Tokens(), 0
    for stream in streams:
        spent = read_spent(stream, before)
        tokens = tokens + spent.tokens
        cost_nano += max(spent.cost_nano, held_nano) if spent.unpriced else spent.cost_nano
    return Spent(tokens=tokens, cost_nano=cost_nano)
