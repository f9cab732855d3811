"""What house-keeping removes and what it keeps, decided from facts alone; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from runner.runs.overview import OPEN, Overview, RunState

DAY_S = 86_400.0
MB = 1_000_000


class Kind(StrEnum):
    """What lies on disk."""

    RUN = "run"
    WORK_TREE = "work_tree"
    CLONE = "clone"
    COPY = "checkout_copy"
    """What a run kept of the developer's checkout."""
    VAULT = "vault"
    """Where copies were, with nothing in it."""
    LOG = "log"
    CACHE = "cache"
    LEFTOVER = "leftover"
    """The rest of a removal, or of a clone, that was broken off."""
    STRANGER = "stranger"
    """Not ours: never touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of what is over may stay; the first one that is passed counts."""

    runs: int
    days: float
    size_bytes: int

    @property
    def age_s(self) -> float:
        return self.days * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Something in a clone that is nowhere else, and the work tree, or copy, with which it would go, if it has one."""

    what: str
    tree: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing on disk. Without `past` it is within the bounds; with `stays` it is kept although it is past them."""

    kind: Kind
    name: str
    path: Path
    size_bytes: int = 0
    past: str = ""
    """Why it could go."""
    stays: str = ""
    """Why it is kept all the same."""
    holds: tuple[Held, ...] = ()
    """Only of a clone: what keeps it, unless the work tree that has it goes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What goes, in the order in which it must go, and what is kept although it was looked at."""

    going: tuple[Found, ...]
    kept: tuple[Found, ...]
    within: int
    """How many things are within the bounds."""


_ORDER = (
    *(Kind.LEFTOVER, Kind.CACHE, Kind.LOG, Kind.RUN),
    *(Kind.COPY, Kind.VAULT, Kind.WORK_TREE, Kind.CLONE),
)
"""First what needs no question to anybody, since the disk may be full; a copy after its run, a clone last."""


def plan(found: Iterable[Found]) -> Plan:
    """Decide about each thing; a clone goes only if all that it holds goes before it."""
    things = tuple(found)
    free = {thing.path for thing in things if thing.past and not thing.stays}
    judged = tuple(_judge_clone(thing, free) if thing.kind is Kind.CLONE else thing for thing in things)
    going = [thing for thing in judged if thing.past and not thing.stays]
    kept = [thing for thing in judged if thing.stays and (thing.past or thing.kind is Kind.STRANGER)]
    return Plan(
        going=tuple(sorted(going, key=lambda thing: (_ORDER.index(thing.kind), thing.name))),
        kept=tuple(sorted(kept, key=lambda thing: (thing.kind.value, thing.name))),
        within=len(judged) - len(going) - len(kept),
    )


def _judge_clone(clone: Found, free: set[Path]) -> Found:
    left = [held.what for held in clone.holds if held.tree not in free]
    return replace(clone, stays=clone.stays or "; ".join(list(dict.fromkeys(left))[:3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """The folder of a run, seen from outside."""

    name: str
    age_s: float
    size_bytes: int


def past_bounds(folders: Sequence[RunFolder], bounds: Bounds) -> Mapping[str, str]:
    """Which runs are past the bounds, and which bound it is; `folders` newest first.

    The newest one is never too big: what has just been done can be looked at.
    """
    told: dict[str, str] = {}
    taken = 0
    for number, folder in enumerate(folders):
        taken += folder.size_bytes
        if folder.age_s > bounds.age_s:
            told[folder.name] = f"older than {counted_days(bounds.days)}"
        elif number >= bounds.runs:
            told[folder.name] = f"not among the newest {bounds.runs:,}"
        elif number and taken > bounds.size_bytes:
            told[folder.name] = f"all newer ones together take {bounds.size_bytes // MB:,} MB"
    return told


def why_run_stays(run: Overview, *, busy: bool, awaited: str | None) -> str:
    """Why a run that is past the bounds is kept; empty when it may go.

    `busy`: a live process has its lock. `awaited`: which task will go on with its conversation, empty for none, None
    when the queue could not be asked.
    """
    if busy or run.state is RunState.RUNNING:
        return "a process is at work on it"
    if run.state is RunState.DAMAGED:
        return f"its record cannot be read: {run.trouble}"
    if run.state is RunState.UNFINISHED:
        return f"it never came to its end: `runner resume {run.run_id}` goes on with it"
    if run.state is RunState.WAITING:
        return f"its delivery waits: `runner resume {run.run_id}` goes on with it"
    if awaited is None:
        return "the queue cannot be asked whether a task goes on with its conversation"
    return f"{awaited} will go on with its conversation" if awaited else ""


def why_tree_stays(runs: Iterable[Overview], at_stake: str) -> str:
    """Why a work tree is kept; empty when it may go. `runs` are those that used it, `at_stake` what would be lost."""
    for run in runs:
        if run.state is RunState.RUNNING:
            return f"{run.run_id} is at work in it"
        if run.state in {RunState.UNFINISHED, RunState.WAITING}:
            return f"{run.run_id} never came to its end: `runner resume {run.run_id}` goes on with it"
        if run.state is RunState.DAMAGED:
            return f"the record of {run.run_id} cannot be read"
    return at_stake


def why_clone_could_go(*, gone: bool, unused_s: float, bounds: Bounds) -> str:
    """Why a clone is of no use any more; empty when it is."""
    if gone:
        return "its repository is gone"
    return f"not used for {counted_days(bounds.days)}" if unused_s > bounds.age_s else ""


NOWHERE_ELSE = "its repository is gone or unknown: what was unsaved there may be nowhere else"


def judge_copy(
    run: Overview | None, *, age_s: float, late: str, run_stays: str, orphan: bool, homeless: bool
) -> tuple[str, str]:
    """(why a copy of a checkout could go, why it stays all the same); both empty: it is within the bounds.

    `run` made it; None when its folder is gone. `late` is the bound that this run, or without one the copy, is past,
    and `run_stays` why the run is kept in spite of that. `orphan`: the clone beside it is gone. `homeless`: the
    repository is gone, or nobody knows which it was.
    """
    why = late or ("its clone is gone" if orphan else "")
    if not why:
        return "", ""
    past = f"{_aged(age_s)}; {why}"
    if homeless:
        return past, NOWHERE_ELSE
    if run is None:
        return past, "" if late else "the bounds for runs hold for it too"
    if run.state in OPEN:
        return past, f"{run.run_id} never came to its end: `runner resume {run.run_id}` goes on with it"
    if run.state is RunState.DAMAGED:
        return past, f"the record of {run.run_id} cannot be read"
    if not late or run_stays:
        return past, f"its run is kept{f': {run_stays}' if run_stays else ''}"
    return past, ""


def _aged(age_s: float) -> str:
    hours = int(age_s // 3600)
    return f"{counted_days(hours // 24)} old" if hours >= 24 else f"{hours} h old"


def counted_days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:g} days"
