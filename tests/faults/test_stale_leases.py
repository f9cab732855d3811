"""A runner that slept past its lease: it changes nothing once somebody else has the task, and goes on if nobody has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.kill_table import CALL_NANO
from tests.faults.scene import FIXED, Scene

LEASE_S = "3"


@contextmanager
def asleep(scene: Scene, place: str = "claude") -> Iterator[subprocess.Popen[str]]:
    """A claim that was put to sleep while claude works, and whose lease has run out; woken at the end of the block."""
    scene.environ["RUNNER_TASK_LEASE_S"] = LEASE_S
    (scene.claude / "wait").touch()
    claim = scene.start("claim", "--json")
    scene.wait_for_work()
    os.kill(claim.pid, signal.SIGSTOP)
    time.sleep(float(LEASE_S) + 0.5)
    try:
        yield claim
    finally:
        (scene.claude / "wait").unlink(missing_ok=True)
        os.kill(claim.pid, signal.SIGCONT)


def ended(claim: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = claim.communicate(timeout=60)
    return claim.returncode, out + err


@pytest.mark.quick
def test_when_somebody_else_finished_it_changes_nothing_and_its_tokens_are_booked(scene: Scene) -> None:
    with asleep(scene) as claim:
        (scene.claude / "wait").unlink()
        other = scene.run("--agent", "other", "claim", "--json")
        before = scene.found()
        pushed = scene.github.state.origin
    code, said = ended(claim)

    after = scene.found()
    assert code == 3, said
    assert '"outcome": "lease_lost"' in said
    assert '"outcome": "done"' in other.out
    assert (after.commits, after.pulls, after.completions) == (1, 1, 1)
    assert (after.branches, after.status) == (before.branches, "completed")
    assert after.cost_nano >= CALL_NANO // 2, "what the sleeper had used is booked"
    assert after.holds == 0
    assert scene.leftovers() == ()
    assert scene.unfinished() == []
    assert pushed == scene.github.state.origin
    assert scene.alive() == []


def test_a_sleeper_in_the_other_ones_way_keeps_its_own_work_tree(scene: Scene) -> None:
    with asleep(scene) as claim:
        (scene.claude / "wait").unlink()
        trees = sorted(path.name for path in (scene.state / "worktrees").glob("*/*"))
        scene.run("--agent", "other", "claim", "--json")
        still = sorted(path.name for path in (scene.state / "worktrees").glob("*/*"))
    ended(claim)

    assert trees == still == ["T-1"]
    assert scene.leftovers() == ()


def test_a_laptop_that_slept_with_nobody_else_claiming_goes_on(scene: Scene) -> None:
    with asleep(scene) as claim:
        pass
    code, said = ended(claim)

    assert code == 0, said
    assert '"outcome": "done"' in said
    assert scene.found().pulls == 1
    assert scene.found().attempts == 1


@pytest.mark.parametrize(
    "place",
    [
        "commit done=1",  # before the push
        "push done=1",  # before the pull request
        "pull_request done=1",  # before the completion
    ],
)
def test_push_pull_request_and_completion_each_look_again(scene: Scene, place: str) -> None:
    scene.environ["RUNNER_TASK_LEASE_S"] = LEASE_S
    sleeper = scene.start("claim", "--json", place=f"sleep:{place}")
    scene.wait_until_asleep(sleeper)
    time.sleep(float(LEASE_S) + 0.5)
    scene.plan(writes=FIXED | {"other.txt": "the other one was here\n"}, text="Done by the other one.")

    other = scene.run("--agent", "other", "claim", "--json", code=None)
    pulls, branches = scene.found().pulls, scene.tips()
    os.kill(sleeper.pid, signal.SIGCONT)
    code, said = ended(sleeper)

    assert code == 3, said
    assert '"outcome": "lease_lost"' in said
    assert '"outcome": "done"' in other.out, other
    found = scene.found()
    assert (found.pulls, scene.tips()) == (pulls, branches)
    assert (found.completions, found.pulls, found.holds) == (1, 1, 0)
    assert scene.shown("other.txt") == ["the other one was here"]


def test_a_sleeper_that_wakes_while_it_opens_leaves_the_other_ones_pull_request(scene: Scene) -> None:
    scene.environ["RUNNER_TASK_LEASE_S"] = LEASE_S
    sleeper = scene.start("claim", "--json", place="sleep:pull_request begun=1")
    scene.wait_until_asleep(sleeper)
    time.sleep(float(LEASE_S) + 0.5)
    other = json.loads(scene.run("--agent", "other", "claim", "--json").out)
    (pull,) = scene.github.pulls
    before = (pull.title, pull.body, pull.draft, scene.tips())
    os.kill(sleeper.pid, signal.SIGCONT)
    out, err = sleeper.communicate(timeout=60)

    report = json.loads(out)
    assert (sleeper.returncode, report["outcome"]) == (3, "lease_lost"), err
    assert report["pull_request"] is None
    assert (pull.title, pull.body, pull.draft, scene.tips()) == before
    assert other["run_id"] in pull.body
    assert pull.url not in scene.run("runs", "show", report["run_id"]).out
    assert (scene.found().completions, scene.found().pulls) == (1, 1)
