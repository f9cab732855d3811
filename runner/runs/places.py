"""Which work tree a run works in: the task's own, unless another run that still lives is in it."""

from __future__ import annotations

from pathlib import Path

from runner.allowance.holder import is_alive
from runner.allowance.model import Holder
from runner.runs.facts import object_of, text_of, whole_of
from runner.runs.listing import unfinished
from runner.runs.record import RunRecord


def place_for(runs: Path, folder: Path, task_id: str, *, fence: int, run_id: str) -> Path:
    """Where to make the work tree of a task inside `folder`.

    It is the same place for each claim, so that a conversation finds its files again. A holder that lost its lease and
    does not know it yet may still be at work there: then it is a place of this claim's own.
    """
    usual = folder / task_id
    return usual if not used_by(runs, usual, but=run_id) else folder / f"{task_id}-{fence}"


def used_by(runs: Path, path: Path, *, but: str) -> str:
    """The other unfinished run that works in `path` and whose process lives; empty when there is none."""
    return next(
        (
            record.run_id
            for record in unfinished(runs)
            if record.run_id != but and record.data.get("work_tree") == str(path) and lives(record)
        ),
        "",
    )


def lives(record: RunRecord) -> bool:
    """Whether the process that works on a run is there, as far as can be told from here."""
    holder = holder_of(record)
    return bool(holder.pid) and is_alive(holder) is not False


def holder_of(record: RunRecord) -> Holder:
    """The process that has worked on the run last; its number is 0 when the record does not tell."""
    facts = object_of(record.data.get("holder"))
    return Holder(
        boot_id=text_of(facts.get("boot_id")),
        pid=whole_of(facts.get("pid")),
        started=whole_of(facts.get("started")),
    )
