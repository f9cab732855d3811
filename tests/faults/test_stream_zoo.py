"""Each beast of the zoo has its documented ending: in time, paid for, nobody left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.stream_zoo import PROGRAM, ZOO, Beast, meet, survivors, wrong
from tests.process.programs import comes_true

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nobody can be adopted elsewhere")

SLOW = frozenset({"stops_its_supervisor", "never_stops"})

CHILDREN = tuple(beast for beast in ZOO if beast.name.startswith("child"))


def named(name: str) -> Beast:
    return next(beast for beast in ZOO if beast.name == name)


@pytest.mark.parametrize(
    "beast",
    [pytest.param(beast, id=beast.name, marks=[pytest.mark.long] * (beast.name in SLOW)) for beast in ZOO],
)
def test_a_hostile_stream_has_its_documented_ending(beast: Beast, tmp_path: Path) -> None:
    met = meet(beast, tmp_path)

    assert wrong(beast, met) == (), met
    assert met.recorded.ended


@pytest.mark.parametrize("beast", CHILDREN, ids=lambda beast: beast.name)
def test_without_a_sweep_each_of_these_would_leave_somebody(beast: Beast) -> None:
    name = f"zoo-{uuid.uuid4()}"
    argv = [sys.executable, "-I", str(PROGRAM), beast.name, name]

    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        process.wait()
    left = survivors(name, [])

    for row in left:
        os.kill(int(row.split()[0]), signal.SIGKILL)
    assert len(left) == (2 if beast.name == "children_and_killed" else 1)
    assert comes_true(lambda: survivors(name, []) == ())


def test_a_line_of_twenty_megabytes_takes_a_few_times_its_length(tmp_path: Path) -> None:
    met = meet(named("long_line"), tmp_path)

    assert 20_000_000 < met.peak_bytes < 8 * 20_000_000


def test_a_line_without_an_end_fills_no_memory(tmp_path: Path) -> None:
    met = meet(named("never_ends_its_line"), tmp_path)

    assert met.peak_bytes < 300_000_000


def test_a_limit_comes_with_its_end(tmp_path: Path) -> None:
    met = meet(named("usage_limit"), tmp_path)

    assert met.result.retry_at == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_the_zoo_can_tell_what_is_wrong(tmp_path: Path) -> None:
    met = meet(named("exit_143"), tmp_path)

    assert wrong(named("two_results"), met) == ("outcome", "words", "tokens", "money")


def test_no_two_beasts_are_the_same() -> None:
    assert len({beast.name for beast in ZOO}) == len({beast.story for beast in ZOO}) == len(ZOO)
