"""After the answer of Claude, before a word of its change is written down, clone or files go: no work is forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.scene import FIXED, Scene

ANSWERED = ("before:claude done=1", "after:claude done=1")


def without_checks(scene: Scene) -> None:
    scene.checkout.commit("no checks", {".runner.toml": ""})
    scene.checkout.git("push", "-q", "origin", "main")
    scene.run("trust", "--yes", code=None)


def clone_of(scene: Scene) -> Path:
    (clone,) = (scene.state / "clones").glob("*.git")
    return clone


def tree_of(scene: Scene) -> Path:
    (tree,) = (scene.state / "worktrees").glob("*/*")
    return tree


def lose_objects(scene: Scene) -> None:
    shutil.rmtree(clone_of(scene) / "objects")


def lose_clone(scene: Scene) -> None:
    shutil.rmtree(clone_of(scene))


@pytest.mark.parametrize("place", ANSWERED)
@pytest.mark.parametrize("lose", [lose_clone, lose_objects])
def test_the_files_are_the_change_when_the_clone_is_gone(
    scene: Scene, place: str, lose: Callable[[Scene], None]
) -> None:
    without_checks(scene)
    scene.run("claim", place=place, code=None)
    lose(scene)

    scene.run("claim")

    assert len(scene.calls()) == 1
    assert scene.shown("calc.py") == [FIXED["calc.py"].rstrip()]
    found = scene.found()
    assert (found.commits, found.pulls, found.completions, found.attempts) == (1, 1, 1, 1)
    assert (found.cost_nano, found.holds, found.leftovers) == (10_000_000, 0, ())


def test_a_kill_while_the_files_are_taken_over_loses_nothing(scene: Scene) -> None:
    without_checks(scene)
    scene.run("claim", place=ANSWERED[0], code=None)
    lose_clone(scene)
    for place in ("before:prepare begun=1", "before:prepare done=1", "after:prepare done=1"):
        assert scene.run("claim", place=place, code=None).code != 0

    scene.run("claim")

    assert len(scene.calls()) == 1
    assert scene.shown("calc.py") == [FIXED["calc.py"].rstrip()]
    assert scene.found().leftovers == ()


@pytest.mark.parametrize("place", ANSWERED)
@pytest.mark.parametrize("also_clone", [False, True])
def test_claude_is_asked_again_when_the_files_are_gone(scene: Scene, place: str, also_clone: bool) -> None:
    without_checks(scene)
    scene.run("claim", place=place, code=None)
    shutil.rmtree(tree_of(scene))
    if also_clone:
        lose_clone(scene)

    told = scene.run("claim")

    assert "the files of claude's last answer were gone" in told.out + told.err
    assert len(scene.calls()) == 2
    assert scene.shown("calc.py") == [FIXED["calc.py"].rstrip()]
    found = scene.found()
    assert (found.commits, found.pulls, found.completions, found.attempts) == (1, 1, 1, 1)
    assert (found.cost_nano, found.holds) == (20_000_000, 0)


def test_a_kill_before_claude_was_asked_again_is_no_reason_to_believe_empty_files(scene: Scene) -> None:
    without_checks(scene)
    scene.run("claim", place=ANSWERED[1], code=None)
    shutil.rmtree(tree_of(scene))
    scene.run("claim", place="after:prepare done=2", code=None)

    scene.run("claim")

    assert len(scene.calls()) == 2
    assert scene.found().cost_nano == 20_000_000
    assert scene.shown("calc.py") == [FIXED["calc.py"].rstrip()]


def test_new_files_that_checks_may_have_left_are_asked_about(scene: Scene) -> None:
    scene.plan(writes=FIXED | {"notes.txt": "new\n"}, text="Done.")
    scene.run("claim", place=ANSWERED[1], code=None)
    lose_clone(scene)

    told = scene.run("claim", code=1)

    assert "notes.txt" in told.out + told.err
    assert scene.task().status.value == "blocked"
    scene.run("answer", "T-1", "all of them")
    scene.run("claim")
    assert "notes.txt" in scene.changed()


def test_what_is_in_the_way_and_not_known_to_be_ours_stays(scene: Scene) -> None:
    without_checks(scene)
    scene.run("claim", place=ANSWERED[1], code=None)
    lose_clone(scene)
    tree = tree_of(scene)
    (tree / ".git").unlink()

    told = scene.run("claim", code=1)

    assert str(tree) in told.out + told.err
    assert (tree / "calc.py").read_text() == FIXED["calc.py"]
    assert scene.task().status.value == "blocked"


def test_a_lost_repair_is_made_again_on_the_answer_before_it(scene: Scene) -> None:
    scene.checkout.commit("green", FIXED)
    scene.checkout.git("push", "-q", "origin", "main")
    better = {"calc.py": "def add(a, b):\n    return b + a\n"}
    scene.plan(writes=better, text="Now it adds.", first={"calc.py": "def add(a, b):\n    return a * b\n"})
    scene.run("claim", place="before:claude done=3", code=None)
    assert len(scene.calls()) == 2
    shutil.rmtree(tree_of(scene))

    scene.run("claim")

    assert [call["resumed"] for call in scene.calls()] == [False, True, True]
    assert scene.shown("calc.py") == [better["calc.py"].rstrip()]
    assert scene.found().cost_nano == 30_000_000


def test_an_answer_that_asks_a_person_is_no_less_an_answer_without_its_files(scene: Scene) -> None:
    without_checks(scene)
    scene.plan(writes=FIXED, text="QUESTION: which of the two?")
    scene.run("claim", place=ANSWERED[1], code=None)
    shutil.rmtree(tree_of(scene))

    told = scene.run("claim", code=1)

    assert len(scene.calls()) == 1
    assert "which of the two" in told.out + told.err
    assert scene.task().status.value == "blocked"
