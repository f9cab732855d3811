"""Collecting objects: what nothing needs goes, all else stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.clone import PrivateClone
from runner.git.vault import ensure_vault
from tests.git.world import World
from tests.support.git import Sandbox


def _waste(clone: PrivateClone, *, size_bytes: int = 50_000, age_s: float = 0) -> str:
    """An object that nothing refers to; returns its id."""
    bare = Sandbox(clone.path)
    (clone.path / "waste").write_bytes(os.urandom(size_bytes))
    blob = bare.git("hash-object", "-w", "waste")
    (clone.path / "waste").unlink()
    _age(clone.path, blob, age_s)
    return blob


def _age(repository: Path, blob: str, age_s: float) -> None:
    then = time.time() - age_s
    os.utime(repository / "objects" / blob[:2] / blob[2:], (then, then))


def _has(clone: PrivateClone, object_id: str) -> bool:
    known = Sandbox(clone.path).git("cat-file", "--batch-check", input_text=f"{object_id}\n")
    return not known.endswith("missing")


def test_what_nothing_needs_goes_and_the_bytes_are_told(world: World) -> None:
    clone = world.clone()
    blob = _waste(clone)

    freed = clone.collect(grace_s=0)

    assert 49_000 < freed < 52_000
    assert not _has(clone, blob)


def test_what_is_young_stays(world: World) -> None:
    clone = world.clone()
    young, old = _waste(clone, age_s=60), _waste(clone, age_s=3 * 24 * 3600)

    clone.collect()

    assert _has(clone, young)
    assert not _has(clone, old)


def test_a_run_that_is_not_finished_goes_on_as_if_nothing_had_been(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"new": "x\n"})
    seen = tree.tree_id(base.commit_id)
    clone = world.clone()
    for path in (clone.path / "objects").rglob("*"):
        os.utime(path, (1, 1))

    clone.collect(grace_s=0)

    assert tree.tree_id(base.commit_id) == seen
    Sandbox(tree.path).git("fsck")


def test_a_commit_that_was_noted_stays_though_its_branch_was_moved(world: World) -> None:
    tree = world.committed({"new": "x\n"})
    commit_id = tree.committed()
    assert commit_id is not None
    Sandbox(tree.path).git("reset", "-q", "--hard", "HEAD^")
    world.checkout.commit("later")

    world.clone().collect(grace_s=0)

    assert _has(world.clone(), commit_id)


@pytest.mark.parametrize("ref", ["refs/runner/rescue/r-1", "refs/heads/fix/other", "refs/tags/v1"])
def test_what_a_ref_leads_to_stays(world: World, ref: str) -> None:
    tree = world.committed({"new": "x\n"})
    commit_id = tree.committed()
    clone = world.clone()
    Sandbox(clone.path).git("update-ref", ref, str(commit_id))
    clone.remove_work_tree(tree.path)

    clone.collect(grace_s=0)

    assert Sandbox(clone.path).git("show", f"{ref}:new") == "x"


def test_tips_that_were_looked_at_before_a_push_are_forgotten(world: World) -> None:
    clone = world.clone()
    tip = Sandbox(clone.path).git("commit-tree", "-m", "x", Sandbox(clone.path).git("mktree", input_text=""))
    Sandbox(clone.path).git("update-ref", "refs/runner/tips/0123456789abcdef", tip)

    clone.collect(grace_s=0)

    assert not _has(clone, tip)


def test_what_the_vault_borrows_from_the_clone_stays(world: World) -> None:
    clone = world.clone()
    kept, lost = _waste(clone), _waste(clone)
    ensure_vault(clone.ground).run("update-ref", "refs/runner/alibi/r-1/files", kept)

    clone.collect(grace_s=0)

    assert _has(clone, kept)
    assert not _has(clone, lost)


def test_notes_that_an_agent_forged_keep_nothing_and_break_nothing(world: World) -> None:
    tree, _ = world.start()
    tree.plot.commit_file.write_text("--expire=now")
    tree.plot.index.write_bytes(b"no index")

    world.clone().collect(grace_s=0)

    tree.plot.commit_file.write_text("0" * 40)
    tree.plot.index.unlink()
    world.clone().collect(grace_s=0)


def test_a_damaged_clone_is_told(world: World) -> None:
    clone = world.clone()
    world.start()
    for path in (clone.path / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"x")

    with pytest.raises(GitFailed, match="cannot collect the objects of"):
        clone.collect()
