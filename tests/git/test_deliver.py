"""The branch of a run in a repository without a remote."""

from __future__ import annotations

import pytest

from runner.errors import BranchMoved, GitFailed
from runner.git.repository import Repository
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox


def _open(world: World) -> Repository:
    return Repository.open(world.checkout.path)


def test_the_branch_arrives_and_may_be_delivered_twice(world: World) -> None:
    tree = world.committed({"calc.py": "x\n"})

    tree.deliver_local(_open(world), world.branch)
    tree.deliver_local(_open(world), world.branch)

    assert world.checkout.git("rev-parse", world.branch) == tree.committed()
    assert world.checkout.git("show", f"{world.branch}:calc.py") == "x"
    assert world.checkout.git("status", "--porcelain") == ""


def test_a_stale_delivery_of_ours_is_replaced(world: World) -> None:
    world.committed({"calc.py": "x\n"}, fence=1).deliver_local(_open(world), world.branch)
    tree = world.committed({"calc.py": "y\n"}, fence=2, run_id="r-2")

    tree.deliver_local(_open(world), world.branch)

    assert world.checkout.log(f"main..{world.branch}") == [text_of_run(2, run_id="r-2")]


def test_a_branch_of_the_developer_s_is_left_alone(world: World) -> None:
    world.checkout.git("checkout", "-q", "-b", world.branch)
    mine = world.checkout.commit("my own", {"mine": "x"})
    world.checkout.git("checkout", "-q", "main")
    tree = world.committed({"calc.py": "x\n"})

    with pytest.raises(BranchMoved, match=r"fix/T-7-clock in .* has commits .*: my own"):
        tree.deliver_local(_open(world), world.branch)

    assert world.checkout.git("rev-parse", world.branch) == mine


def test_a_branch_that_is_checked_out_is_never_moved(world: World) -> None:
    world.committed({"calc.py": "x\n"}, fence=1).deliver_local(_open(world), world.branch)
    world.checkout.git("checkout", "-q", world.branch)
    old = world.checkout.head()
    tree, base = world.start("main")
    Sandbox(tree.path).write({"calc.py": "y\n"})
    tree.commit(base.commit_id, text_of_run(2))

    with pytest.raises(BranchMoved, match=r"fix/T-7-clock is checked out at .*repo"):
        tree.deliver_local(_open(world), world.branch)

    assert world.checkout.head() == old
    assert world.checkout.git("status", "--porcelain") == ""


def test_a_longer_branch_in_the_way_is_one_clear_line(world: World) -> None:
    world.checkout.git("branch", f"{world.branch}/more")
    tree = world.committed({"calc.py": "x\n"})

    with pytest.raises(GitFailed, match=f"cannot bring {world.branch} into "):
        tree.deliver_local(_open(world), world.branch)


def test_tags_and_pruning_of_the_developer_s_settings_are_not_obeyed(world: World) -> None:
    for key in ("fetch.prune", "fetch.pruneTags", "fetch.writeCommitGraph"):
        world.checkout.git("config", "--global", key, "true")
    world.checkout.git("tag", "v1")
    tree = world.committed({"calc.py": "x\n"})
    Sandbox(world.clone().path).git("tag", "-d", "v1")

    tree.deliver_local(_open(world), world.branch)

    assert world.checkout.git("tag") == "v1"
    assert not (world.checkout.path / ".git/FETCH_HEAD").exists()


def test_a_shallow_checkout_gets_its_branch(world: World) -> None:
    world.checkout.commit("second", {"a": "x"})
    shallow = Sandbox(world.checkout.path.parent / "shallow")
    world.checkout.git("clone", "-q", "--depth=1", f"file://{world.checkout.path}", str(shallow.path))
    shallow.git("remote", "remove", "origin")
    other = World(checkout=shallow, state=world.state)
    tree = other.committed({"calc.py": "x\n"})

    tree.deliver_local(Repository.open(shallow.path), world.branch)

    assert shallow.git("rev-parse", world.branch) == tree.committed()
    assert shallow.git("rev-list", "--count", world.branch) == "2"
