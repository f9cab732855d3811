"""Real runs from under which something is taken: one clear line, the work kept, the books right, the next claim works.

`python -m tests.faults.fault_table` does it in every part of a run; here are the parts that matter most.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.fault_table import Fault, Row, disk_faults, everything, meet, on_small_disk
from tests.faults.kill_table import CALL_NANO
from tests.faults.scene import FIXED, Scene
from tests.support.git import Sandbox

FAULTS = {fault.title: fault for fault in everything()}
DISK = {fault.title: (fault, act) for fault, act in disk_faults()}

OFTEN = (
    "private clone damaged, after:push begun",
    "queue deleted, after:verify begun",
    "clock an hour on, after:claude begun",
    "claude removed before the repair, after:verify begun",
)
DISK_OFTEN = ("disk full, after:verify begun",)


def check(fault: Fault, row: Row) -> None:
    """What holds for every fault."""
    said = row.ended.out + row.ended.err
    assert row.ended.code in fault.codes, said
    assert "Traceback" not in said
    assert len(row.errors) <= 1, said
    assert row.found == row.wanted, said


@pytest.mark.parametrize("title", [title for title in FAULTS if title in OFTEN])
def test_the_next_claim_finishes_what_a_fault_broke_off(scene: Scene, title: str) -> None:
    check(FAULTS[title], meet(FAULTS[title], scene))


@pytest.mark.long
@pytest.mark.parametrize("title", [title for title in FAULTS if title not in OFTEN])
def test_in_every_other_part_of_a_run_too(scene: Scene, title: str) -> None:
    check(FAULTS[title], meet(FAULTS[title], scene))


@pytest.mark.quick
@pytest.mark.parametrize("title", DISK_OFTEN)
def test_a_disk_that_takes_no_more_loses_nothing(scene: Scene, title: str) -> None:
    fault, act = DISK[title]

    row = on_small_disk(fault, scene, act)

    check(fault, row)
    assert "runner resume" in row.ended.err
    assert row.work == "the run goes on"
    assert row.found.cost_nano == CALL_NANO


@pytest.mark.long
@pytest.mark.parametrize("title", [title for title in DISK if title not in DISK_OFTEN])
def test_in_every_other_part_of_a_run_a_disk_too(scene: Scene, title: str) -> None:
    fault, act = DISK[title]

    check(fault, on_small_disk(fault, scene, act))


def test_the_change_of_a_run_that_crashed_is_had_as_it_is_told(scene: Scene) -> None:
    fault = FAULTS["checkout deleted, after:verify begun"]
    fault.prepare(scene)
    act = fault.act(scene)
    ended = saboteur(scene, fault.place, act)
    fault.mend(scene)

    way = re.search(r"the change so far: `(.*?)`", ended.stdout)
    assert way is not None, ended.stdout
    scene.checkout_shell(way[1])

    assert (scene.checkout.path / "calc.py").read_text() == FIXED["calc.py"]
    assert f"change:       `{way[1]}`" in scene.run("runs", "show", "r-").out


def test_where_git_cannot_read_the_change_its_files_are_kept(scene: Scene) -> None:
    fault = FAULTS["private clone deleted, after:claude begun"]

    ended = saboteur(scene, fault.place, fault.act(scene))

    way = re.search(r"the files are in (\S+)", ended.stdout)
    assert way is not None, ended.stdout
    assert (Path(way[1]) / "calc.py").read_text() == FIXED["calc.py"]
    assert way[1] in scene.run("runs", "show", "r-").out


def test_a_task_that_nobody_knows_any_more_holds_nothing_up(scene: Scene) -> None:
    scene.run("claim", place="after:verify begun=1", code=-9)
    for path in scene.state.glob("queue.db*"):
        path.unlink()
    scene.run("submit", "Another task")

    lost = scene.run("claim", code=3)
    scene.run("claim")

    assert "T-1: lease_lost" in lost.out
    assert "the change so far: `git apply" in lost.out
    assert scene.unfinished() == []


@pytest.mark.long
def test_ten_claims_at_once_take_each_of_five_tasks_once(scene: Scene) -> None:
    scene.run("allowance", "set", "--concurrent-jobs", "10")
    for number in range(2, 6):
        scene.run("submit", f"Fix add, once more ({number})")
    before = scene.checkout.git("status", "--porcelain", "--ignored")

    with ThreadPoolExecutor(10) as pool:
        ended = list(pool.map(lambda _: scene.run("claim", code=None), range(10)))

    assert sorted(one.code for one in ended) == [0] * 5 + [4] * 5, ended
    done = sorted(one.out.split(":")[0] for one in ended if one.code == 0)
    assert done == [f"T-{number}" for number in range(1, 6)]
    origin = Sandbox(scene.github.state.origin)
    branches = [name for name in origin.branches() if name != "main"]
    assert [origin.git("rev-list", "--count", f"main..{branch}") for branch in branches] == ["1"] * 5
    assert {origin.git("show", f"{branch}:calc.py") for branch in branches} == {FIXED["calc.py"].rstrip()}
    assert len(scene.github.pulls) == len(scene.calls()) == 5
    found = scene.found()
    assert (found.holds, found.leftovers, found.unfinished) == (0, (), 0)
    assert found.cost_nano == 5 * CALL_NANO
    assert scene.checkout.git("status", "--porcelain", "--ignored") == before


def saboteur(scene: Scene, place: str, act: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.saboteur", place, act, "claim"],
        cwd=scene.checkout.path,
        env=scene.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
