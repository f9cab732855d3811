"""What changed in a work tree, whatever was done to it with git."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.repository import Repository
from tests.git.world import World, fingerprint, text_of_run
from tests.support.git import Sandbox


def test_new_changed_and_deleted_files_are_changes_and_ignored_ones_are_not(world: World) -> None:
    world.checkout.commit("ignore", {".gitignore": "*.pyc\n"})
    tree, base = world.start()
    Sandbox(tree.path).write({"ä b/new\n.txt": "x", "calc.py": "changed", "junk.pyc": "x"})
    (tree.path / "README.md").unlink()

    snapshot = tree.snapshot(base.commit_id)

    assert snapshot.changes == ("README.md", "calc.py", "ä b/new\n.txt")
    assert snapshot.left_out == ()


def test_nothing_done_is_no_change(world: World) -> None:
    tree, base = world.start()

    assert tree.changes(base.commit_id) == ()
    assert tree.patch(base.commit_id) == b""
    assert tree.tree_id(base.commit_id) == world.checkout.git("rev-parse", "HEAD^{tree}")


def _commits(inside: Sandbox) -> None:
    inside.commit("the agent's", {"calc.py": "fixed\n"})


def _commits_elsewhere(inside: Sandbox) -> None:
    inside.git("checkout", "-q", "-b", "other")
    inside.commit("the agent's", {"calc.py": "fixed\n"})


def _detaches(inside: Sandbox) -> None:
    inside.git("checkout", "-q", "--detach")
    inside.commit("the agent's", {"calc.py": "fixed\n"})


def _stages(inside: Sandbox) -> None:
    inside.write({"calc.py": "fixed\n"})
    inside.git("add", "-A")


def _hides(inside: Sandbox) -> None:
    inside.git("update-index", "--assume-unchanged", "calc.py")
    inside.write({"calc.py": "fixed\n"})


def _resets(inside: Sandbox) -> None:
    inside.git("rm", "-q", "--cached", "calc.py", "README.md")
    inside.write({"calc.py": "fixed\n"})


def _merges_half(inside: Sandbox) -> None:
    inside.git("checkout", "-q", "-b", "a")
    inside.commit("a", {"calc.py": "one\n"})
    inside.git("checkout", "-q", "-b", "b", "HEAD~1")
    inside.commit("b", {"calc.py": "two\n"})
    inside.git("config", "merge.conflictStyle", "merge")
    inside.git("merge", "-q", "-s", "ours", "--no-commit", "a")
    inside.write({"calc.py": "fixed\n"})


def _rebases_half(inside: Sandbox) -> None:
    inside.commit("one", {"calc.py": "one\n"})
    inside.git("-c", "sequence.editor=sed -i 1ibreak", "rebase", "-q", "-i", "HEAD~1")
    inside.write({"calc.py": "fixed\n"})


def _starts_over(inside: Sandbox) -> None:
    (inside.path / ".git").unlink()
    inside.git("init", "-q")
    inside.commit("the agent's", {"calc.py": "fixed\n"})


def _loses_the_link(inside: Sandbox) -> None:
    inside.write({"calc.py": "fixed\n"})
    (inside.path / ".git").unlink()


def _leaves_locks(inside: Sandbox) -> None:
    git_dir = Path(inside.git("rev-parse", "--absolute-git-dir"))
    inside.write({"calc.py": "fixed\n"})
    for name in ("index.lock", "HEAD.lock", "runner-index.lock", "MERGE_HEAD"):
        (git_dir / name).write_text("")


ACTS = (_commits, _commits_elsewhere, _detaches, _stages, _hides, _resets, _merges_half, _rebases_half)


@pytest.mark.parametrize("act", [*ACTS, _starts_over, _loses_the_link, _leaves_locks])
def test_only_the_files_count_and_one_commit_comes_of_them(
    world: World, act: Callable[[Sandbox], None]
) -> None:
    tree, base = world.start()
    act(Sandbox(tree.path))

    changes = tree.changes(base.commit_id)
    commit_id = tree.commit(base.commit_id, "ours\n")

    inside = Sandbox(tree.path)
    assert changes == ("calc.py",)
    assert inside.git("rev-list", "--parents", "-1", commit_id) == f"{commit_id} {base.commit_id}"
    assert inside.git("diff", "--name-only", base.commit_id, commit_id) == "calc.py"
    assert inside.git("symbolic-ref", "HEAD") == f"refs/heads/{world.branch}"
    assert inside.git("status", "--porcelain") == ""
    assert inside.log(f"{base.commit_id}..HEAD") == ["ours\n"]


def test_looking_does_not_disturb_the_agent_s_index(world: World) -> None:
    tree, base = world.start()
    inside = Sandbox(tree.path)
    inside.write({"staged": "x", "unstaged": "y"})
    inside.git("add", "staged")

    tree.changes(base.commit_id)

    assert inside.git("status", "--porcelain") == "A  staged\n?? unstaged"


def test_an_index_of_ours_that_is_lost_is_made_again(world: World) -> None:
    tree, base = world.start()
    tree.plot.index.unlink()
    Sandbox(tree.path).write({"new": "x"})

    assert tree.changes(base.commit_id) == ("new",)


def test_a_patch_makes_the_same_change_elsewhere(world: World) -> None:
    world.checkout.commit("more", {"gone": "x\n", "script": "#!/bin/sh\n", "moved": "long enough\n" * 9})
    tree, base = world.start()
    Sandbox(tree.path).write({"new.txt": "x\n", "no end": "x", "calc.py": "a\r\nb\n"})
    (tree.path / "picture.png").write_bytes(bytes(range(256)) * 40)
    (tree.path / "link").symlink_to("calc.py")
    (tree.path / "script").chmod(0o755)
    (tree.path / "gone").unlink()
    (tree.path / "moved").rename(tree.path / "elsewhere")
    patch = tree.patch(base.commit_id)
    wanted = tree.tree_id(base.commit_id)

    other = world.clone().add_work_tree(world.state / "other", "fix/other", base)
    other.apply(patch)

    assert other.tree_id(base.commit_id) == wanted
    ours, theirs = fingerprint(tree.path), fingerprint(other.path)
    del ours[".git"], theirs[".git"]
    assert ours == theirs


def test_a_patch_fits_with_other_line_ends_too(world: World) -> None:
    world.checkout.git("config", "core.autocrlf", "true")
    tree, base = world.start()
    text = (tree.path / "calc.py").read_bytes()
    (tree.path / "calc.py").write_bytes(text + b"# more\r\n")
    (tree.path / "new.txt").write_bytes(b"a\r\nb\r\n")
    patch = tree.patch(base.commit_id)

    other = world.clone().add_work_tree(world.state / "other", "fix/other", base)
    other.apply(patch)

    assert b"\r" not in patch
    assert other.tree_id(base.commit_id) == tree.tree_id(base.commit_id)
    assert (other.path / "calc.py").read_bytes() == text + b"# more\r\n"


def test_an_empty_patch_is_no_work(world: World) -> None:
    tree, base = world.start()

    tree.apply(b"")

    assert tree.changes(base.commit_id) == ()


def test_a_patch_that_does_not_fit_changes_nothing(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"calc.py": "one\n", "README.md": "two\n"})
    patch = tree.patch(base.commit_id)
    other = world.clone().add_work_tree(world.state / "other", "fix/other", base)
    Sandbox(other.path).write({"calc.py": "something else\n"})

    with pytest.raises(GitFailed, match="the patch does not fit: "):
        other.apply(patch)

    assert other.changes(base.commit_id) == ("calc.py",)


@pytest.mark.parametrize("with_commit", [True, False])
def test_a_repository_inside_is_left_out_and_named(world: World, with_commit: bool) -> None:
    tree, base = world.start()
    inner = Sandbox.create(tree.path / "vendor" / "lib", files={"x": "x"} if with_commit else None)
    inner.write({"y": "y"})
    Sandbox(tree.path).write({"calc.py": "fixed\n"})

    snapshot = tree.snapshot(base.commit_id)
    commit_id = tree.commit(base.commit_id, "ours\n")

    assert snapshot.changes == ("calc.py",)
    assert snapshot.left_out == ("vendor/lib",)
    assert Sandbox(tree.path).git("diff", "--name-only", base.commit_id, commit_id) == "calc.py"


def test_a_file_that_cannot_be_added_is_one_clear_line(world: World) -> None:
    world.checkout.git("config", "filter.broken.clean", "false")
    world.checkout.git("config", "filter.broken.required", "true")
    world.checkout.commit("filtered", {".gitattributes": "*.txt filter=broken\n"})
    tree, base = world.start()
    Sandbox(tree.path).write({"a.txt": "x\n"})

    with pytest.raises(GitFailed, match="cannot read the changes in the work tree: "):
        tree.snapshot(base.commit_id)


def test_without_a_commit_of_ours_there_is_nothing_to_deliver(world: World) -> None:
    tree, _ = world.start()
    Sandbox(tree.path).commit("the agent's", {"a": "x"})

    assert tree.committed() is None
    with pytest.raises(GitFailed, match="there is no commit of ours for fix/T-7-clock"):
        tree.push(world.branch, None, "origin")


def test_a_run_that_should_have_stopped_cannot_put_its_commit_in_the_place_of_ours(world: World) -> None:
    stale, base = world.start(at="stale")
    tree = world.committed({"calc.py": "ours\n"}, fence=2, at="work")
    Sandbox(stale.path).write({"calc.py": "stale\n"})
    stale.commit(base.commit_id, text_of_run(1))

    tree.deliver_local(Repository.open(world.checkout.path), world.branch)

    assert world.checkout.git("show", f"{world.branch}:calc.py") == "ours"
