"""Rescued work: kept whatever becomes of the branch, brought back by one command."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from runner.errors import GitFailed, UsageProblem
from runner.git.rescue import forget_rescued, rescue_change, rescue_commit, rescue_hint, rescued
from tests.git.world import World
from tests.support.git import Sandbox


def test_a_commit_comes_back_by_the_command_of_the_hint(world: World) -> None:
    tree = world.committed({"new": "x\n"})
    clone = world.clone()
    rescue_commit(clone.ground, "r-1", str(tree.committed()))
    clone.remove_work_tree(tree.path)
    clone.collect(grace_s=0)

    hint = rescue_hint(clone.path, "r-1", branch="fix/again", top=world.checkout.path)
    subprocess.run(shlex.split(hint), check=True, capture_output=True)

    assert world.checkout.git("show", "fix/again:new") == "x"


def test_an_unfinished_change_is_kept_as_a_commit_without_identity_or_hooks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = world.checkout.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    tree, base = world.start()
    Sandbox(tree.path).write({"half": "done\n"})

    commit_id = rescue_change(tree, "r-1", base.commit_id, "half of it")

    clone = Sandbox(world.clone().path)
    assert clone.git("show", f"{commit_id}:half") == "done"
    assert (
        clone.git("log", "-1", "--format=%an %s %P", str(commit_id)) == f"runner half of it {base.commit_id}"
    )
    assert [(item.run_id, item.commit_id, item.subject) for item in rescued(world.clone().ground)] == [
        ("r-1", commit_id, "half of it")
    ]


def test_nothing_is_kept_of_a_tree_without_a_change(world: World) -> None:
    tree, base = world.start()

    assert rescue_change(tree, "r-1", base.commit_id, "nothing") is None
    assert rescued(world.clone().ground) == ()


def test_what_is_kept_later_for_the_same_run_takes_its_place(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"half": "1\n"})
    rescue_change(tree, "r-1", base.commit_id, "first")
    Sandbox(tree.path).write({"half": "2\n"})

    second = rescue_change(tree, "r-1", base.commit_id, "second")

    assert [item.commit_id for item in rescued(world.clone().ground)] == [second]


def test_what_is_nowhere_else_is_not_forgotten_without_a_word(online: tuple[World, Sandbox]) -> None:
    world, origin = online
    tree = world.committed({"new": "x\n"})
    ground = world.clone().ground
    rescue_commit(ground, "r-1", str(tree.committed()))

    kept = forget_rescued(ground, "r-1", tips=(origin.head(), "0" * 40, "--all"))
    tree.push(world.branch, None, "origin")
    gone = forget_rescued(ground, "r-1", tips=(origin.git("rev-parse", world.branch),))
    again = forget_rescued(ground, "r-1")

    assert (kept, gone, again) == (False, True, True)
    assert rescued(ground) == ()


def test_a_person_s_word_lets_it_go(world: World) -> None:
    tree = world.committed({"new": "x\n"})
    ground = world.clone().ground
    rescue_commit(ground, "r-1", str(tree.committed()))

    assert forget_rescued(ground, "r-1", even_if_lost=True)


@pytest.mark.parametrize("run_id", ["", "../x", "a/b", "x..y", "a b"])
def test_what_is_no_run_names_no_ref(world: World, run_id: str) -> None:
    with pytest.raises(UsageProblem, match="is not the id of a run"):
        rescue_hint(world.clone().path, run_id)


@pytest.mark.parametrize("commit_id", ["", "--all", "HEAD", "0" * 40])
def test_what_is_no_commit_is_not_kept(world: World, commit_id: str) -> None:
    with pytest.raises(GitFailed):
        rescue_commit(world.clone().ground, "r-1", commit_id)


def test_a_hint_for_a_branch_that_cannot_be_names_one_that_can(world: World) -> None:
    hint = rescue_hint(world.clone().path, "r-1", branch="-bad..name")

    assert hint.endswith("refs/runner/rescue/r-1:refs/heads/rescue/r-1")
