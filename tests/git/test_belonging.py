"""Whose a clone is, and when it was used last."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runner.git.belonging import Belonging, belonging_file, belonging_of
from tests.git.world import World
from tests.support.git import Sandbox


def told(clone: Path) -> Belonging:
    belonging = belonging_of(clone)
    assert belonging is not None
    return belonging


def test_a_clone_says_whose_it_is(world: World) -> None:
    belonging = told(world.clone().path)

    assert belonging.checkout == world.checkout.path
    assert belonging.common_dir == world.checkout.path / ".git"
    assert not belonging.is_gone


def test_each_use_is_noted(world: World) -> None:
    clone = world.clone().path
    os.utime(belonging_file(clone), (1000, 1000))
    before = told(clone).used_at

    world.clone()

    assert before == 1000
    assert told(clone).used_at > 1_000_000


def test_a_repository_that_was_removed_is_gone(world: World) -> None:
    clone = world.clone().path

    shutil.rmtree(world.checkout.path)

    assert told(clone).is_gone


@pytest.mark.parametrize("content", [b"", b"/a", b"/a\0/a/.git", b"\0\0"])
def test_a_note_about_anything_else_is_none(world: World, content: bytes) -> None:
    clone = world.clone().path

    belonging_file(clone).write_bytes(content)

    assert belonging_of(clone) is None


def test_a_use_that_cannot_be_noted_is_no_error(world: World) -> None:
    clone = world.clone().path
    belonging_file(clone).unlink()
    belonging_file(clone).mkdir()

    assert world.clone().path == clone
    assert belonging_of(clone) is None


def test_a_work_tree_is_kept_when_somebody_objects(world: World) -> None:
    tree, _ = world.start()
    clone = world.clone()

    objected = clone.remove_work_tree(tree.path, unless=lambda: "it is needed")
    still_there = tree.path.exists()
    removed = clone.remove_work_tree(tree.path, unless=lambda: "")

    assert (objected, still_there) == ("it is needed", True)
    assert (removed, tree.path.exists()) == ("", False)
    assert Sandbox(clone.path).branches() == []
