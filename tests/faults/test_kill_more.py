"""SIGKILL in the midst of an act, and one kill after the other: still one of everything at the end."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.faults.kill_table import places, wanted
from tests.faults.scene import Scene
from tests.faults.slow_acts import ACTS, Gate, far_origin, slow

QUICK = ("work tree begun",)
GROUP = ("set-up", "check of the result", "pre-commit hook", "push received", "gh pr create begun")


def one_of_everything(scene: Scene) -> None:
    assert scene.found() == wanted(scene)
    assert scene.alive() == []
    assert scene.checkout.branches() == ["main"]
    assert scene.checkout.git("status", "--porcelain") == ""


def kill_in(scene: Scene, gate: Gate, *, group: bool) -> None:
    """Start a claim and kill it when it has come to the gate; whatever it has left goes on for a moment."""
    claim = scene.start("claim")
    gate.wait()
    (os.killpg if group else os.kill)(claim.pid, signal.SIGKILL)
    claim.communicate()


def check(scene: Scene, act: str, *, group: bool) -> None:
    with slow(scene, act) as gate:
        kill_in(scene, gate, group=group)
        gate.open()
        again = scene.run("claim", code=None)

    assert again.code == 0, again
    one_of_everything(scene)


@pytest.mark.parametrize("act", QUICK)
def test_a_kill_in_the_midst_of_an_act_leaves_one_of_everything(scene: Scene, act: str) -> None:
    check(scene, act, group=False)


@pytest.mark.long
@pytest.mark.parametrize("act", [act for act in ACTS if act not in QUICK])
def test_a_kill_in_the_midst_of_any_act_leaves_one_of_everything(scene: Scene, act: str) -> None:
    check(scene, act, group=False)


@pytest.mark.long
@pytest.mark.parametrize("act", GROUP)
def test_with_the_whole_process_group_the_same(scene: Scene, act: str) -> None:
    check(scene, act, group=True)


@pytest.mark.long
@pytest.mark.parametrize("late", [False, True], ids=["while we are away", "while the next claim works"])
def test_a_push_that_arrives_after_the_kill_is_the_one_that_counts(scene: Scene, late: bool) -> None:
    with far_origin(scene), slow(scene, "push received") as gate:
        kill_in(scene, gate, group=True)
        if late:
            claim = scene.start("claim")
            gate.open()
            out, err = claim.communicate(timeout=60)
            assert claim.returncode == 0, out + err
        else:
            gate.open()
            wait_for_branch(scene)
            scene.run("claim")

        one_of_everything(scene)


def wait_for_branch(scene: Scene) -> None:
    until = time.monotonic() + 30
    while not scene.found().branches:
        assert time.monotonic() < until, "it never arrived"
        time.sleep(0.05)


SEED = 20261122
PAIRS = 20


def pairs() -> list[tuple[str, str]]:
    """Two places, one for each kill; the second counts the writes of the run that is gone on with."""
    chance = random.Random(SEED)  # noqa: S311 - a seed that repeats the same table
    chosen = places()
    return [(chance.choice(chosen), chance.choice(chosen)) for _ in range(PAIRS)]


@pytest.mark.long
@pytest.mark.parametrize(("first", "second"), pairs())
def test_killed_and_killed_again_while_it_goes_on_leaves_one_of_everything(
    scene: Scene, first: str, second: str
) -> None:
    for place in (first, second):
        scene.run("claim", place=place, code=None)  # some ways are shorter: a few places are never reached

    for _ in range(2):
        ended = scene.run("claim", code=None)
        assert ended.code in {0, 4}, ended

    one_of_everything(scene)


@pytest.mark.long
def test_killed_again_at_each_step_of_one_way_it_still_ends(scene: Scene) -> None:
    """As a machine that loses its power every minute: each start comes a little further."""
    for number in range(1, 40):
        ended = scene.run("claim", place=f"after:{number}", code=None)
        if ended.code != -9:
            break

    scene.run("claim", code=None)

    found = scene.found()
    assert found == wanted(scene)
