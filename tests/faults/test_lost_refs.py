"""The private clone's HEAD, refs or list of refs are damaged: the next claim works, and house-keeping may remove it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.scene import FIXED, Scene


def cut_head(clone: Path) -> None:
    (clone / "HEAD").write_text("")


def junk_in_list(clone: Path) -> None:
    (clone / "packed-refs").write_text("junk\n")


def no_refs(clone: Path) -> None:
    shutil.rmtree(clone / "refs")


DAMAGE = pytest.mark.parametrize("damage", [cut_head, junk_in_list, no_refs])


def clone_of(scene: Scene) -> Path:
    (clone,) = (scene.state / "clones").glob("*.git")
    return clone


@DAMAGE
def test_an_answered_run_is_gone_on_with(scene: Scene, damage: Callable[[Path], None]) -> None:
    scene.run("claim", place="before:claude done=1", code=None)
    damage(clone_of(scene))

    scene.run("claim")

    assert len(scene.calls()) == 1
    assert scene.shown("calc.py") == [FIXED["calc.py"].rstrip()]
    found = scene.found()
    assert (found.commits, found.pulls, found.completions, found.leftovers) == (1, 1, 1, ())


@DAMAGE
def test_house_keeping_can_remove_it(scene: Scene, damage: Callable[[Path], None]) -> None:
    scene.run("claim")
    clone = clone_of(scene)
    damage(clone)
    # With its refs the clone has lost who has the commit; the checkout can tell.
    scene.checkout.git("fetch", "-q")

    scene.run("clean", "--older-than", "0", "--keep", "0")

    assert not clone.exists()


def test_house_keeping_keeps_a_commit_that_nobody_is_known_to_have(scene: Scene) -> None:
    scene.run("claim")
    clone = clone_of(scene)
    no_refs(clone)

    told = scene.run("clean", "--older-than", "0", "--keep", "0")

    assert f"git fetch {clone} refs/runner/rescue/" in told.out
    assert clone.exists()
