"""A hostile agent: nothing in the checkout changes, or the difference is named, the run's, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.hostile_acts import (
    CANNOT_BE_UNDONE,
    INSIDE,
    OUTSIDE,
    Scene,
    make_scene,
    state_of,
    told_apart,
)
from tests.support.git import Sandbox


@pytest.fixture
def scene(repository: Sandbox, tmp_path: Path) -> Scene:
    return make_scene(repository, tmp_path)


@pytest.mark.parametrize("act", INSIDE)
def test_what_an_agent_does_in_its_own_place_does_not_reach_the_checkout(scene: Scene, act: str) -> None:
    before = state_of(scene.world.checkout)

    scene.agent(INSIDE[act])

    verdict = scene.verdict()
    assert verdict.ours == ()
    assert verdict.theirs == ()
    assert state_of(scene.world.checkout) == before


QUICK = {"git clean -fdx", "git stash drop, then prune", "GIT_DIR and GIT_WORK_TREE", "a hook planted"}
QUICK |= {"a link followed out of the tree", "a write that hides its time", "packs cut short"}


@pytest.mark.parametrize(
    "act", [pytest.param(act, marks=() if act in QUICK else pytest.mark.long) for act in OUTSIDE]
)
def test_what_an_agent_does_to_the_checkout_is_named_and_comes_back(scene: Scene, act: str) -> None:
    before = state_of(scene.world.checkout)

    scene.agent(OUTSIDE[act])
    verdict = scene.verdict()

    assert verdict.ours, act
    assert verdict.because
    assert "the run changed your checkout" in verdict.cause
    if verdict.script is not None:
        scene.undo(verdict)
    if act not in CANNOT_BE_UNDONE:
        assert told_apart(before, state_of(scene.world.checkout)) == []
