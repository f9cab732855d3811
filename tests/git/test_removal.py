"""Removing work trees: all of ours, and nothing else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import GitFailed, UsageProblem
from runner.git.clone import remove_folder
from tests.git.world import World, fingerprint
from tests.support.git import Sandbox


def test_removing_takes_folder_branch_and_registration(world: World) -> None:
    tree, _ = world.start()
    clone = world.clone()

    clone.remove_work_tree(tree.path)

    assert not tree.path.exists()
    assert Sandbox(clone.path).branches() == []
    assert list((clone.path / "worktrees").iterdir()) == []


def test_removing_takes_our_branch_wherever_the_agent_went(world: World) -> None:
    tree, _ = world.start()
    Sandbox(tree.path).git("checkout", "-q", "-b", "other")

    world.clone().remove_work_tree(tree.path)

    assert Sandbox(world.clone().path).branches() == ["other"]


def test_removing_keeps_the_branch_on_request(world: World) -> None:
    tree, _ = world.start()

    world.clone().remove_work_tree(tree.path, keep_branch=True)

    assert Sandbox(world.clone().path).branches() == [world.branch]


def test_removing_copes_with_what_is_half_there(world: World) -> None:
    tree, _ = world.start()
    clone = world.clone()
    (tree.path / ".git").unlink()
    clone.remove_work_tree(tree.path)
    clone.remove_work_tree(tree.path)
    branches = Sandbox(clone.path).branches()
    tree, _ = world.start()
    for path in sorted(tree.plot.git_dir.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    clone.remove_work_tree(tree.path)

    assert branches == []
    assert not tree.path.exists()


@pytest.fixture
def plain_user_folder() -> Iterator[Path]:
    """A folder of a user whom permissions bind, also when the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(os.getuid())
        folder.chmod(0o700)
        remove_folder(folder)


def test_a_read_only_folder_is_removed_too(plain_user_folder: Path) -> None:
    cache = plain_user_folder / "tree" / "cache"
    cache.mkdir(parents=True)
    (cache / "file").write_text("x")
    cache.chmod(0o500)

    remove_folder(plain_user_folder / "tree")

    assert not (plain_user_folder / "tree").exists()


def test_a_folder_that_stays_is_told(plain_user_folder: Path) -> None:
    (plain_user_folder / "tree").mkdir()
    plain_user_folder.chmod(0o500)

    with pytest.raises(GitFailed, match=r"cannot remove .*: Permission denied"):
        remove_folder(plain_user_folder / "tree")


@pytest.mark.parametrize("kind", ["folder", "file", "link", "other repository"])
def test_what_is_not_ours_is_never_removed(world: World, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "precious"
    if kind == "folder":
        path.mkdir()
        (path / "thesis.txt").write_text("x")
    elif kind == "file":
        path.write_text("x")
    elif kind == "link":
        path.symlink_to(world.checkout.path)
    else:
        world.checkout.git("worktree", "add", "-q", str(path))
    before = fingerprint(tmp_path)
    clone = world.clone()

    for act in (
        lambda: clone.remove_work_tree(path),
        lambda: clone.add_work_tree(path, world.branch, clone.resolve_base()),
        lambda: clone.remove_work_tree(world.checkout.path),
    ):
        with pytest.raises(UsageProblem, match="is not one of our work trees"):
            act()

    assert {
        name: value for name, value in fingerprint(tmp_path).items() if not name.startswith("state/")
    } == before


def test_a_leftover_of_a_clone_that_is_gone_is_ours(world: World) -> None:
    tree, _ = world.start()
    remove_folder(world.clone().path)

    again, _ = world.start()

    assert again.path == tree.path
    assert (again.path / "calc.py").is_file()


def test_a_work_tree_that_was_not_finished_cannot_be_opened(world: World) -> None:
    tree, _ = world.start()
    tree.plot.index.unlink()

    with pytest.raises(GitFailed, match="there is no whole work tree at"):
        world.clone().work_tree(tree.path)


def test_a_branch_name_that_an_agent_forged_deletes_nothing_else(world: World) -> None:
    kept, _ = world.start(at="kept")
    clone = world.clone()
    other = clone.add_work_tree(world.state / "other", "fix/other", clone.resolve_base())
    other.plot.branch_file.write_text(f"fix/none\ndelete refs/heads/{world.branch}")

    clone.remove_work_tree(other.path)

    assert kept.branch in Sandbox(clone.path).branches()
