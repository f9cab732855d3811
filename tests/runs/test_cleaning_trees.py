"""Work trees go when nothing in them is nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.git.belonging import belonging_file
from runner.git.rescue import rescue_change, rescue_commit, rescued
from runner.git.work_tree import WorkTree
from tests.runs.attic import TIGHT, Attic, age, names, only, reasons
from tests.runs.world import World
from tests.support.git import Sandbox

PUSHED = [{"name": "push", "done_at": "now", "fact": {"remote": "origin"}}]


def test_the_work_tree_of_a_finished_run_goes_with_its_branch(attic: Attic, world: World) -> None:
    tree = attic.tree()
    before = world.fingerprint()

    report = attic.clean()

    assert names(report.removed) == [f"work_tree {tree.path.parent.name}/T-7"]
    assert report.freed_bytes > 0
    assert world.leftovers() == []
    assert world.fingerprint() == before
    assert attic.clean().removed == ()


@pytest.mark.parametrize(
    "change",
    [
        {"new.txt": "x\n"},
        {"calc.py": "changed\n"},
        {f"{number}.txt": "x\n" for number in range(5)},
    ],
)
def test_changes_that_are_in_no_commit_keep_a_work_tree(attic: Attic, change: dict[str, str]) -> None:
    tree = attic.tree()
    Sandbox(tree.path).write(change)

    why = only(attic.clean())

    assert why.startswith(f"it has changes that are in no commit: {min(change)}")
    assert why.endswith(" and 2 more") is (len(change) > 3)
    assert all((tree.path / name).exists() for name in change)


def test_ignored_files_do_not_keep_a_work_tree(attic: Attic, world: World) -> None:
    world.checkout.commit("ignore", {".gitignore": "*.log\n"})
    world.checkout.git("push", "-q", "origin", "main")
    tree = attic.tree()
    Sandbox(tree.path).write({"build.log": "x\n"})

    assert len(attic.clean().removed) == 1


def test_a_commit_that_is_nowhere_else_keeps_a_work_tree(attic: Attic) -> None:
    commit = attic.committed(attic.tree())

    assert only(attic.clean()) == f"its commit {commit[:10]} on fix/T-7-clock is nowhere else"


@pytest.mark.parametrize("how", ["told", "tracked", "local", "merged"])
def test_a_commit_that_was_delivered_lets_it_go(attic: Attic, world: World, how: str) -> None:
    tree = attic.tree()
    commit = attic.committed(tree)
    if how == "told":
        made = {"name": "commit", "done_at": "now", "fact": {"commit": commit}}
        attic.tree_facts(tree, steps=[made, *PUSHED])
    elif how == "tracked":
        tree.push(tree.branch, None, "origin")
        world.checkout.git("fetch", "-q", "origin")
    elif how == "local":
        checkout = attic.clone().ground.checkout
        tree.deliver_local(checkout, tree.branch)
    else:
        tree.push("main", world.checkout.head(), "origin")
        attic.clone().resolve_base()

    assert len(attic.clean().removed) == 1
    assert world.leftovers() == []


def test_changes_after_the_commit_keep_a_work_tree_that_was_delivered(attic: Attic) -> None:
    tree = attic.tree()
    commit = attic.committed(tree)
    made = {"name": "commit", "done_at": "now", "fact": {"commit": commit}}
    attic.tree_facts(tree, steps=[made, *PUSHED])
    Sandbox(tree.path).write({"more.txt": "x\n"})

    assert only(attic.clean()) == "it has changes that are in no commit: more.txt"


def test_commits_that_an_agent_made_keep_a_work_tree_also_where_its_files_are_as_before(attic: Attic) -> None:
    tree = attic.tree()
    own = Sandbox(tree.path)
    own.git("checkout", "-q", "--detach")
    own.commit("mine", {"mine.txt": "x\n"})
    commit = own.head()
    own.git("rm", "-q", "mine.txt")
    own.git("commit", "-q", "-m", "and away")

    assert only(attic.clean()).startswith("its commit ")
    own.git("cat-file", "-e", commit)


@pytest.mark.parametrize("facts", [{}, {"waiting": {"cause": "no network"}}])
def test_the_work_tree_of_an_unfinished_run_stays(attic: Attic, facts: dict[str, object]) -> None:
    tree = attic.tree()
    run_id = attic.tree_facts(tree, over=False, **facts)

    why = only(attic.clean())

    assert why == f"{run_id} never came to its end: `runner resume {run_id}` goes on with it"
    assert tree.path.is_dir()


def test_a_work_tree_without_any_record_is_judged_by_what_is_in_it(attic: Attic) -> None:
    clean, changed = attic.tree("T-1"), attic.tree("T-2")
    shutil.rmtree(attic.paths.runs)
    Sandbox(changed.path).write({"new.txt": "x\n"})

    report = attic.clean()

    assert [thing.path for thing in report.removed] == [clean.path]
    assert [thing.path for thing in report.kept] == [changed.path]


def test_a_forgotten_work_tree_is_judged_by_its_commits(attic: Attic, world: World) -> None:
    empty, full = attic.tree("T-1"), attic.tree("T-2")
    commit = attic.committed(full)
    shutil.rmtree(empty.path)
    shutil.rmtree(full.path)

    report = attic.clean()

    assert [thing.path for thing in report.removed] == [empty.path]
    assert only(report) == f"its commit {commit[:10]} on fix/T-2-clock is nowhere else"
    assert world.leftovers() == ["fix/T-2-clock"]


def test_a_person_lets_go_of_a_work_tree_by_folder_and_branch(attic: Attic, world: World) -> None:
    tree = attic.tree()
    attic.committed(tree)
    shutil.rmtree(tree.path)
    Sandbox(attic.clone().path).git("update-ref", "-d", f"refs/heads/{tree.branch}")

    report = attic.clean()

    assert [thing.path for thing in report.removed] == [tree.path]
    assert world.leftovers() == []


@pytest.mark.parametrize("what", ["commit", "change"])
def test_rescued_work_lets_its_work_tree_go(attic: Attic, world: World, what: str) -> None:
    tree, run_id = attic.tree(), "r-20260101-000000-aaaaaa"
    if what == "commit":
        rescue_commit(tree.plot.ground, run_id, attic.committed(tree))
    else:
        Sandbox(tree.path).write({"new.txt": "x\n"})
        rescue_change(tree, run_id, world.checkout.head(), "unfinished")

    report = attic.clean()

    assert [thing.path for thing in report.removed] == [tree.path]
    assert len(rescued(tree.plot.ground)) == 1


def test_a_replay_that_was_broken_off_goes_after_a_day(attic: Attic, world: World) -> None:
    clone = attic.clone()
    path = attic.paths.worktrees / "replay" / "r-1"
    Sandbox(clone.add_work_tree(path, "replay/r-1", clone.resolve_base()).path).write({"x": "x"})

    young = attic.clean()
    age(path, 2)
    old = attic.clean()

    assert only(young) == "its replay may be at work"
    assert names(old.removed) == ["work_tree replay/r-1"]
    assert world.leftovers() == []


def test_a_work_tree_whose_repository_is_gone_stays(attic: Attic, world: World) -> None:
    attic.tree()
    shutil.rmtree(world.checkout.path)

    report = attic.clean()

    tree, clone = sorted(reasons(report), reverse=True)
    assert tree.startswith("nobody can tell what is new in it: its repository ")
    assert clone.startswith("it has the work tree ")


def elsewhere(attic: Attic, world: World, top: Path) -> None:
    """Let the clone say that it was used by another checkout last."""
    note = belonging_file(attic.clone().path)
    note.write_bytes(bytes(top) + b"\0" + bytes(world.checkout.path / ".git"))


def test_a_linked_checkout_that_is_gone_is_no_trouble(attic: Attic, world: World) -> None:
    attic.tree()
    elsewhere(attic, world, world.checkout.path.parent / "linked")

    assert len(attic.clean().removed) == 1


def test_a_work_tree_whose_checkout_is_another_one_by_now_stays(attic: Attic, world: World) -> None:
    tree = attic.tree()
    elsewhere(attic, world, Sandbox.create(world.checkout.path.parent / "other", files={"a": "b"}).path)
    git_dir = world.checkout.path / ".git"
    git_dir.rename(world.checkout.path / "real")
    git_dir.write_text("gitdir: real\n")

    assert only(attic.clean()).startswith("nobody can tell what is new in it: ")
    assert tree.path.is_dir()


def test_a_clone_that_says_nothing_of_its_checkout_keeps_its_trees(attic: Attic) -> None:
    attic.tree()
    belonging_file(attic.clone().path).unlink()

    assert "nothing says whose clone" in only(attic.clean())


def test_a_work_tree_in_which_a_run_begins_meanwhile_stays(attic: Attic) -> None:
    tree = attic.tree()
    cleaner = attic.cleaner()
    (thing,) = cleaner.decide().going
    attic.run("r-20260303-000000-cccccc", over=False, work_tree=str(tree.path))

    cleaner._go(thing, dry_run=False)

    assert cleaner.kept[0].stays == "a run has begun in it"
    assert tree.path.is_dir()


def test_a_killed_removal_of_a_work_tree_goes_on_next_time(attic: Attic, world: World) -> None:
    tree = attic.tree()
    # As a kill leaves it: the folder has its new name, and half of its files are gone.
    aside = tree.path.rename(tree.path.with_name(f".removing-{tree.path.name}"))
    (aside / "calc.py").unlink()

    attic.clean(TIGHT)

    assert not aside.exists()
    assert world.leftovers() == []


def tree_of(attic: Attic, task_id: str) -> WorkTree:
    tree = attic.tree(task_id)
    Sandbox(tree.path).commit("agent's own", {"x.txt": "x\n"})
    return tree


def test_each_tree_is_judged_by_itself(attic: Attic) -> None:
    kept = tree_of(attic, "T-1")
    gone = attic.tree("T-2")

    report = attic.clean()

    assert [thing.path for thing in report.removed] == [gone.path]
    assert [thing.path for thing in report.kept] == [kept.path]
