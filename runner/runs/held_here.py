"""A task that cannot be claimed since a run of this machine has it: which run that is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import AlreadyClaimed
from runner.runs.listing import unfinished
from runner.runs.stopping import is_free


@contextmanager
def own_run_named(runs: Path) -> Iterator[None]:
    """A refusal inside the block says what to do about the agent's own unfinished run here, if that holds the task."""
    try:
        yield
    except AlreadyClaimed as held:
        held.hint = _way_on(runs, held.own_run) or held.hint
        raise


def _way_on(runs: Path, run_id: str) -> str:
    """Empty when no unfinished run of this machine has the id."""
    record = next((record for record in unfinished(runs) if record.run_id == run_id), None)
    if record is None:
        return ""
    if is_free(record):
        return f"`runner resume {run_id}` goes on with your unfinished run of it"
    return f"your run {run_id} is at work on it: `runner stop {run_id}` ends it"
