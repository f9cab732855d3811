"""SIGKILL at any act, then `runner claim`: one commit, one branch, one pull request, one completion, one charge."""

from __future__ import annotations

import pytest

from tests.faults.kill_table import WRITES, kill_and_go_on, places, wanted
from tests.faults.scene import Scene

QUICK = (
    "before:claim done=1",  # the task is claimed, and nobody has noted it
    "group:after:claude begun=3",  # claude has just been started
    "before:push done=1",  # the branch is pushed, and nobody has noted it
    "before:report done=1",  # the queue has taken the ending, and nobody has noted it
)


def check(scene: Scene, place: str) -> None:
    row = kill_and_go_on(scene, place)

    assert row.found == row.wanted, row
    assert scene.alive() == []
    assert scene.checkout.branches() == ["main"]
    assert scene.checkout.git("status", "--porcelain") == ""


@pytest.mark.quick
@pytest.mark.parametrize("place", QUICK)
def test_a_kill_at_a_delicate_moment_leaves_one_of_everything(scene: Scene, place: str) -> None:
    check(scene, place)


@pytest.mark.long
@pytest.mark.parametrize("place", places())
def test_a_kill_anywhere_leaves_one_of_everything(scene: Scene, place: str) -> None:
    check(scene, place)


def test_the_table_has_every_act(scene: Scene) -> None:
    done = scene.run("claim", place="count")

    assert done.err.count("save ") == WRITES
    assert scene.found() == wanted(scene)
