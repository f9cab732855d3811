"""Death and errors at every write-side call: nothing acknowledged is lost, and the next process goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Rule
from runner.errors import StoreFailed
from tests.allowance.faults import ERRORS, at_call, calls_in_order, die, fail_with
from tests.allowance.folders import nearly_full_log, open_ledger, put_back, stored
from tests.allowance.world import ME, World, ask, process, spent, used_held

WORLD = World(limits=Limits(daily_tokens=10_000))


def work(ledger: FileLedger) -> Iterator[None]:
    """Steps on both sides of a new generation; each is acknowledged when the next one is asked for."""
    ledger.reserve(ask("a", tokens=1_000), ME)
    yield
    ledger.reserve(ask("b", tokens=2_000), ME)
    yield
    ledger.settle("a", spent(1_500), failed=False)
    yield
    ledger.reserve(ask("c", tokens=3_000), ME)
    yield
    ledger.release("c")
    yield


TAKEN = [0, 1_000, 3_000, 3_500, 6_500, 3_500]
"""Tokens used or held after so many steps."""


def taken(folder: Path) -> int:
    """The same as a fresh process reads it, without what the store held before."""
    held = sum(used_held(open_ledger(WORLD, folder), Rule.DAILY_TOKENS))
    return held - (LOG_LINES if "talker" in stored(folder) else 0)


def steps_before_death(folder: Path, call: int) -> int | None:
    """Work in a child that dies just before its write-side call `call`; None when it lived to the end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ledger = open_ledger(WORLD, folder)
            with at_call(call, die):
                for _ in work(ledger):
                    os.write(writing, b".")
        finally:
            os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        steps = len(pipe.read())
    return steps if os.waitstatus_to_exitcode(status) == 9 else None


def expect_nothing_lost(folder: Path, steps: int) -> None:
    """As acknowledged, or one step further; and the next process goes on without help."""
    assert taken(folder) in TAKEN[steps : steps + 2]
    assert open_ledger(WORLD, folder).reserve(ask("next", tokens=1), ME).granted
    assert taken(folder) - 1 in TAKEN[steps : steps + 2]


@pytest.mark.parametrize("start", ["unused", "nearly full"])
def test_death_before_any_call_loses_nothing_acknowledged(folder: Path, start: str) -> None:
    template = nearly_full_log(folder, WORLD) if start == "nearly full" else {}
    folder.mkdir(exist_ok=True)
    call, deaths = 1, 0

    while True:
        put_back(template, folder)
        steps = steps_before_death(folder, call)
        if steps is None:
            break
        expect_nothing_lost(folder, steps)
        deaths += 1
        call += 1

    assert deaths > 20


def steps_before_error(ledger: FileLedger, told: list[StoreFailed]) -> int:
    steps = 0
    try:
        for _ in work(ledger):
            steps += 1
    except StoreFailed as error:
        told.append(error)
    return steps


@pytest.mark.parametrize("name", list(ERRORS))
def test_an_error_at_any_call_is_one_clear_line_and_heals(folder: Path, name: str) -> None:
    template = nearly_full_log(folder, WORLD)
    call, errors = 1, 0

    while True:
        put_back(template, folder)
        ledger = open_ledger(WORLD, folder)
        told: list[StoreFailed] = []
        with at_call(call, fail_with(ERRORS[name])) as calls:
            steps = steps_before_error(ledger, told)
        if calls() < call:
            break
        assert [error.hint != "" and os.strerror(ERRORS[name]) in str(error) for error in told] == [True]
        errors += 1
        assert ledger.reserve(ask("next", tokens=1), ME).granted
        assert taken(folder) - 1 in TAKEN[steps : steps + 2]
        call += 1

    assert errors > 20


def test_after_a_failed_flush_the_next_change_starts_a_new_generation(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("before"), ME)
    generation = max(folder.glob("log.*"))
    with at_call(2, fail_with(ERRORS["EIO"])), pytest.raises(StoreFailed, match="Input/output error"):
        ledger.reserve(ask("doubtful"), ME)

    assert ledger.reserve(ask("after"), ME).granted

    assert max(folder.glob("log.*")) > generation
    assert stored(folder) == {"before", "doubtful", "after"}


@pytest.mark.parametrize(
    ("change", "order"),
    [
        ("reserve", ["pwrite", "unlock", "fdatasync"]),
        ("grow", ["pwrite", "unlock", "fdatasync"]),
        ("see", ["pwrite", "unlock", "fdatasync"]),
        ("shrink", ["pwrite", "fdatasync", "unlock"]),
        ("settle", ["pwrite", "fdatasync", "unlock"]),
        ("release", ["pwrite", "fdatasync", "unlock"]),
        ("reap", ["pwrite", "fdatasync", "unlock"]),
        ("reserve in a dead one's place", ["pwrite", "pwrite", "fdatasync", "unlock"]),
        ("reserve again", ["unlock"]),
        ("see less", ["unlock"]),
    ],
)
def test_what_makes_room_is_flushed_before_others_can_see_it(
    folder: Path, change: str, order: list[str]
) -> None:
    world = World(limits=Limits(concurrent_jobs=1))
    ledger = open_ledger(world, folder)
    if change != "reserve":
        ledger.reserve(ask("r-1", tokens=100, cost=10), ME)
    if change in ("reap", "reserve in a dead one's place"):
        world.dead.add(ME)
    changes: dict[str, Callable[[], object]] = {
        "reserve": lambda: ledger.reserve(ask("r-1"), ME),
        "grow": lambda: ledger.resize("r-1", tokens=200, cost_nano=10),
        "see": lambda: ledger.seen("r-1", spent(1)),
        "shrink": lambda: ledger.resize("r-1", tokens=50, cost_nano=20),
        "settle": lambda: ledger.settle("r-1", spent(1), failed=False),
        "release": lambda: ledger.release("r-1"),
        "reap": ledger.reap,
        "reserve in a dead one's place": lambda: ledger.reserve(ask("r-2"), process(2)),
        "reserve again": lambda: ledger.reserve(ask("r-1", tokens=100, cost=10), ME),
        "see less": lambda: ledger.seen("r-1", spent(0)),
    }

    with calls_in_order() as made:
        changes[change]()

    # The last lock call but none before the record is the one that lets others in.
    assert made[-len(order) :] == order
