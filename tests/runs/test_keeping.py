"""What house-keeping decides, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.runs.keeping import (
    DAY_S,
    MB,
    Bounds,
    Found,
    Held,
    Kind,
    RunFolder,
    past_bounds,
    plan,
    why_clone_could_go,
    why_run_stays,
    why_tree_stays,
)
from runner.runs.overview import Overview, RunState

WIDE = Bounds(runs=100, days=30, size_bytes=1000 * MB)


def folders(*facts: tuple[float, int]) -> Sequence[RunFolder]:
    """(age in days, megabytes) of each, newest first."""
    return [
        RunFolder(name=f"r{number}", age_s=days * DAY_S, size_bytes=size * MB)
        for number, (days, size) in enumerate(facts)
    ]


def run(state: RunState = RunState.FINISHED, **facts: Any) -> Overview:
    return Overview(run_id="r-1", folder=Path("/runs/r-1"), state=state, **facts)


def found(kind: Kind, name: str, **facts: Any) -> Found:
    return Found(kind=kind, name=name, path=Path("/state") / name, **facts)


def test_what_is_within_all_bounds_is_not_named() -> None:
    assert past_bounds(folders((0, 1), (29, 1)), WIDE) == {}


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (Bounds(runs=100, days=1, size_bytes=MB * 9), {"r1": "older than 1 day", "r2": "older than 1 day"}),
        (Bounds(runs=2, days=30, size_bytes=MB * 9), {"r2": "not among the newest 2"}),
        (Bounds(runs=100, days=30, size_bytes=MB * 3), {"r2": "all newer ones together take 3 MB"}),
        (
            Bounds(runs=0, days=30, size_bytes=MB * 9),
            dict.fromkeys(("r0", "r1", "r2"), "not among the newest 0"),
        ),
    ],
)
def test_the_bound_that_is_passed_is_named(bounds: Bounds, told: dict[str, str]) -> None:
    assert past_bounds(folders((0.5, 2), (2, 1), (3, 2)), bounds) == told


def test_the_newest_run_is_never_too_big() -> None:
    tight = Bounds(runs=100, days=30, size_bytes=0)

    assert list(past_bounds(folders((0, 500), (1, 1)), tight)) == ["r1"]


ANY = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100)), max_size=20)
ANY_BOUNDS = st.builds(
    Bounds, runs=st.integers(0, 30), days=st.floats(0, 50), size_bytes=st.integers(0, 500 * MB)
)


@given(ANY, ANY_BOUNDS)
def test_what_is_left_is_within_every_bound(facts: list[tuple[float, int]], bounds: Bounds) -> None:
    seen = folders(*facts)

    past = past_bounds(seen, bounds)

    left = [folder for folder in seen if folder.name not in past]
    assert len(left) <= bounds.runs
    assert all(folder.age_s <= bounds.age_s for folder in left)
    assert sum(folder.size_bytes for folder in left[1:]) <= bounds.size_bytes or len(left) <= 1


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, ""),
        ({"state": RunState.GIVEN_BACK}, ""),
        ({"busy": True}, "a process is at work on it"),
        ({"state": RunState.RUNNING}, "a process is at work on it"),
        ({"state": RunState.DAMAGED, "trouble": "no JSON"}, "its record cannot be read: no JSON"),
        ({"state": RunState.UNFINISHED}, "it never came to its end: `runner resume r-1` goes on with it"),
        ({"state": RunState.WAITING}, "its delivery waits: `runner resume r-1` goes on with it"),
        ({"awaited": "T-7"}, "T-7 will go on with its conversation"),
        ({"awaited": None}, "the queue cannot be asked whether a task goes on with its conversation"),
    ],
)
def test_why_a_run_stays(facts: dict[str, Any], why: str) -> None:
    known: dict[str, Any] = {"busy": False, "awaited": ""}
    asked = {name: facts.pop(name, value) for name, value in known.items()}

    assert why_run_stays(run(**facts), **asked) == why


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (RunState.FINISHED, "its change"),
        (RunState.GIVEN_BACK, "its change"),
        (RunState.RUNNING, "r-1 is at work in it"),
        (RunState.UNFINISHED, "r-1 never came to its end: `runner resume r-1` goes on with it"),
        (RunState.WAITING, "r-1 never came to its end: `runner resume r-1` goes on with it"),
        (RunState.DAMAGED, "the record of r-1 cannot be read"),
    ],
)
def test_why_a_work_tree_stays(state: RunState, why: str) -> None:
    assert why_tree_stays([run(), run(state)], "its change") == why


def test_a_clone_can_go_when_its_repository_is_gone_or_nobody_uses_it() -> None:
    assert why_clone_could_go(gone=True, unused_s=0, bounds=WIDE) == "its repository is gone"
    assert why_clone_could_go(gone=False, unused_s=31 * DAY_S, bounds=WIDE) == "not used for 30 days"
    assert why_clone_could_go(gone=False, unused_s=29 * DAY_S, bounds=WIDE) == ""


def test_a_plan_tells_what_goes_what_stays_and_how_many_are_fine() -> None:
    decided = plan(
        [
            found(Kind.RUN, "old", past="old"),
            found(Kind.RUN, "needed", past="old", stays="needed"),
            found(Kind.RUN, "new"),
            found(Kind.RUN, "new and at work", stays="at work"),
            found(Kind.STRANGER, "foreign", stays="it is not ours"),
        ]
    )

    assert [thing.name for thing in decided.going] == ["old"]
    assert [thing.name for thing in decided.kept] == ["needed", "foreign"]
    assert decided.within == 2


def test_what_needs_no_question_goes_first_and_a_clone_last() -> None:
    decided = plan(
        found(kind, kind.value, past="old") for kind in reversed(Kind) if kind is not Kind.STRANGER
    )

    assert [thing.kind for thing in decided.going] == [
        Kind.LEFTOVER,
        Kind.CACHE,
        Kind.LOG,
        Kind.RUN,
        Kind.COPY,
        Kind.VAULT,
        Kind.WORK_TREE,
        Kind.CLONE,
    ]


@pytest.mark.parametrize("tree_stays", ["", "its change"])
def test_a_clone_goes_only_after_its_work_trees(tree_stays: str) -> None:
    tree = found(Kind.WORK_TREE, "tree", past="over", stays=tree_stays)
    held = (Held(what="it has a work tree", tree=tree.path), Held(what="a branch", tree=tree.path))
    clone = found(Kind.CLONE, "clone", past="gone", holds=held)

    decided = plan([clone, tree])

    assert [thing.name for thing in decided.going] == ([] if tree_stays else ["tree", "clone"])
    assert [thing.stays for thing in decided.kept] == (
        ["it has a work tree; a branch", "its change"] if tree_stays else []
    )


def test_a_clone_with_something_of_its_own_stays() -> None:
    clone = found(Kind.CLONE, "clone", past="gone", holds=(Held(what="a rescued commit"),))

    assert [thing.stays for thing in plan([clone]).kept] == ["a rescued commit"]
