"""A private clone with damaged objects is made anew; what can still be read of the old one is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.clone import PrivateClone
from runner.git.damage import MARK
from runner.git.rescue import rescue_change, rescued
from tests.git.world import World
from tests.support.git import Sandbox


def spoil(clone: PrivateClone, *, but: str = "") -> None:
    """Every object of the clone is nonsense now, apart from those that `but` needs."""
    needed = Sandbox(clone.path).git("rev-list", "--objects", but).split() if but else []
    for path in (clone.path / "objects").rglob("*"):
        if path.is_file() and f"{path.parent.name}{path.name}" not in needed:
            path.chmod(0o600)
            path.write_bytes(b"x")


def aside(clone: PrivateClone) -> Path:
    return clone.path.with_name(f".{clone.path.name}.damaged")


def test_a_damaged_clone_is_told_once_and_made_anew(world: World) -> None:
    clone = world.clone()
    spoil(clone)

    with pytest.raises(GitFailed) as caught:
        world.start()
    tree, base = world.start()

    assert "our private clone seems damaged" in caught.value.hint
    assert tree.changes(base.commit_id) == ()
    assert aside(clone).is_dir()
    assert not (clone.path / MARK).exists()
    Sandbox(clone.path).git("fsck", "--full")


def test_work_that_was_kept_for_earlier_runs_comes_along_as_far_as_it_can_be_read(world: World) -> None:
    tree, base = world.start()
    for number in (1, 2):
        Sandbox(tree.path).write({f"half-{number}": "done\n"})
        rescue_change(tree, f"r-{number}", base.commit_id, f"half done {number}")
    clone = world.clone()
    spoil(clone, but="refs/runner/rescue/r-1")
    clone.suspect(GitFailed("bad object"))

    again = world.clone()

    assert [kept.run_id for kept in rescued(again.ground)] == ["r-1"]
    assert Sandbox(clone.path).git("show", "refs/runner/rescue/r-1:half-1") == "done"


def test_a_clone_that_was_suspected_for_nothing_stays(world: World) -> None:
    tree, base = world.start()
    clone = world.clone()
    clone.suspect(GitFailed("inflate: data stream error"))

    world.clone()

    assert not (clone.path / MARK).exists()
    assert not aside(clone).exists()
    assert tree.changes(base.commit_id) == ()


@pytest.mark.parametrize("byte", [0, 1, 7, 64, 120, 127, 128, 200, 255])
def test_whatever_byte_is_wrong_it_is_noticed(world: World, byte: int) -> None:
    clone = world.clone()
    for path in (clone.path / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"\x78\x9c" + bytes([byte]) * 40 if byte % 2 else bytes([byte]))

    with pytest.raises(GitFailed):
        world.start()
    tree, base = world.start()

    assert tree.changes(base.commit_id) == ()


def test_an_empty_object_is_damage_too(world: World) -> None:
    clone = world.clone()
    for path in (clone.path / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"")

    with pytest.raises(GitFailed):
        world.start()

    assert world.start()


@pytest.mark.parametrize(
    "words", ["not a git repository: '{clone}'", "unexpected line in {clone}/packed-refs: junk"]
)
def test_a_clone_that_breaks_while_it_is_used_is_told_as_such(world: World, words: str) -> None:
    clone = world.clone()
    error = GitFailed(words.format(clone=clone.path))

    clone.suspect(error)

    assert "our private clone seems damaged" in error.hint
    assert (clone.path / MARK).exists()


def test_other_trouble_raises_no_suspicion(world: World) -> None:
    clone = world.clone()
    error = GitFailed("cannot get main from origin: could not resolve host", hint="check the network")

    clone.suspect(error)

    assert error.hint == "check the network"
    assert not (clone.path / MARK).exists()


def test_a_clone_that_cannot_be_marked_is_no_other_error(world: World) -> None:
    clone = world.clone()
    error = GitFailed("bad object HEAD", hint="check the repository: git fsck")
    clone.path.rename(clone.path.with_name("elsewhere"))

    clone.suspect(error)

    assert error.hint == "check the repository: git fsck"
