"""Work trees and clones go when nothing in them is nowhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runner.git.belonging import belonging_file
from runner.git.unpushed import clone_alone
from runner.git.vault import vault_path
from runner.git.work_tree import WorkTree
from runner.runs.cleaning import CleanReport, has_many_objects
from tests.runs.attic import TIGHT, Attic, age, names, reasons
from tests.runs.world import World
from tests.support.git import Sandbox

PUSHED = [{"name": "push", "done_at": "now", "fact": {"remote": "origin"}}]


@pytest.fixture
def attic(world: World) -> Attic:
    return Attic(world)


def only(report: CleanReport) -> str:
    """Why the one thing that was kept was kept."""
    (why,) = reasons(report)
    return why


def test_the_work_tree_of_a_finished_run_goes_with_its_branch(attic: Attic, world: World) -> None:
    tree = attic.tree()
    before = world.fingerprint()

    report = attic.clean()

    assert names(report.removed) == [f"work_tree {tree.path.parent.name}/T-7"]
    assert report.freed_bytes > 0
    assert world.leftovers() == []
    assert world.fingerprint() == before
    assert attic.clean().removed == ()


def test_a_dry_run_tells_the_same_of_trees_and_clones(attic: Attic, world: World) -> None:
    tree = attic.tree()
    attic.forget_use()

    told = attic.clean(dry_run=True)
    still_there = tree.path.is_dir() and attic.clone().path.is_dir()
    attic.forget_use()
    done = attic.clean()

    assert still_there
    assert names(told.removed) == names(done.removed)
    assert len(done.removed) == 2
    assert told.kept == done.kept == ()
    assert list(attic.paths.clones.iterdir()) == []


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


def test_what_no_clone_knows_is_left_alone(attic: Attic, tmp_path: Path) -> None:
    stem = attic.tree().path.parent
    (stem / "T-8").mkdir()
    (stem / "T-8" / ".git").write_text(f"gitdir: {attic.paths.clones.resolve()}/gone.git/worktrees/T-8\n")
    (stem / "T-9").mkdir()
    (stem / "T-9" / "mine.txt").write_text("x")
    (tmp_path / "outside").mkdir()
    (stem / "T-6").symlink_to(tmp_path / "outside")

    report = attic.clean()

    told = {thing.name: thing.stays for thing in report.kept}
    assert told == {
        "T-6": "it is not ours",
        "T-8": "no clone knows it, so nobody can tell what is new in it",
        "T-9": "it is not ours",
    }
    assert (stem / "T-9" / "mine.txt").exists()
    assert (tmp_path / "outside").is_dir()


def test_a_path_that_an_agent_wrote_into_the_clone_is_not_removed(attic: Attic, world: World) -> None:
    tree = attic.tree()
    registered = tree.plot.git_dir / "gitdir"
    registered.write_text(f"{world.checkout.path}/.git\n")
    before = world.fingerprint()

    report = attic.clean()

    assert report.removed == ()
    assert world.fingerprint() == before


def test_a_work_tree_whose_repository_is_gone_stays(attic: Attic, world: World) -> None:
    attic.tree()
    shutil.rmtree(world.checkout.path)

    report = attic.clean()

    tree, clone = sorted(reasons(report), reverse=True)
    assert tree.startswith("nobody can tell what is new in it: its repository ")
    assert clone.startswith("it has the work tree ")


@pytest.mark.parametrize("other", ["repository", "nothing"])
def test_a_work_tree_whose_checkout_is_another_one_by_now_stays(
    attic: Attic, world: World, other: str
) -> None:
    tree = attic.tree()
    clone = attic.clone().path
    note = belonging_file(clone)
    _, common = note.read_bytes().split(b"\0")
    elsewhere = world.checkout.path.parent / "elsewhere"
    if other == "repository":
        Sandbox.create(elsewhere, files={"a": "b"})
    note.write_bytes(str(elsewhere).encode() + b"\0" + common)

    assert only(attic.clean()).startswith("nobody can tell what is new in it: ")
    assert tree.path.is_dir()


def test_a_clone_that_says_nothing_of_its_checkout_keeps_its_trees(attic: Attic) -> None:
    attic.tree()
    belonging_file(attic.clone().path).unlink()

    assert "nothing says whose clone" in only(attic.clean())


def test_the_clone_of_a_repository_that_is_gone_goes(attic: Attic, world: World) -> None:
    clone = attic.clone().path
    shutil.rmtree(world.checkout.path)

    report = attic.clean()

    assert names(report.removed) == [f"clone {clone.name}"]
    assert report.removed[0].past == "its repository is gone"
    assert report.freed_bytes > 20_000
    assert list(attic.paths.clones.iterdir()) == []


def test_a_clone_goes_when_it_was_not_used_for_long_and_comes_back_when_it_is(
    attic: Attic, world: World
) -> None:
    attic.forget_use(29)
    young = attic.clean()
    attic.forget_use(31)
    old = attic.clean()

    assert (young.removed, young.within) == ((), 1)
    assert old.removed[0].past == "not used for 30 days"
    assert attic.clone().resolve_base().commit_id == world.checkout.head()


def test_a_clone_without_a_note_is_as_old_as_its_folders(attic: Attic) -> None:
    clone = attic.clone().path
    belonging_file(clone).unlink()
    young = attic.clean()
    for folder in (clone, clone / "refs", clone / "objects"):
        age(folder, 40)

    old = attic.clean()

    assert young.removed == ()
    assert names(old.removed) == [f"clone {clone.name}"]


def test_a_clone_with_a_branch_of_its_own_stays(attic: Attic) -> None:
    tree = attic.tree()
    commit = attic.committed(tree)
    attic.clone().remove_work_tree(tree.path, keep_branch=True)
    attic.forget_use()

    assert only(attic.clean()) == f"fix/T-7-clock leads to {commit[:10]}, which is nowhere else"


def test_a_clone_with_a_branch_that_is_elsewhere_goes(attic: Attic) -> None:
    tree = attic.tree()
    attic.clone().remove_work_tree(tree.path, keep_branch=True)
    attic.forget_use()

    assert len(attic.clean().removed) == 1


def test_a_clone_with_rescued_work_stays(attic: Attic, world: World) -> None:
    clone = attic.clone()
    clone.resolve_base()
    Sandbox(clone.path).git("update-ref", "refs/runner/rescue/r-1", world.checkout.head())
    attic.forget_use()

    assert only(attic.clean()).startswith("refs/runner/rescue/r-1 leads to ")


def test_a_clone_with_something_of_the_checkout_in_its_vault_stays(attic: Attic) -> None:
    clone = attic.clone().path
    vault = Sandbox.create(vault_path(clone), bare=True)
    attic.forget_use()
    empty = attic.clean(dry_run=True)
    tree = vault.git("hash-object", "-t", "tree", "-w", "--stdin", input_text="")
    vault.git("update-ref", "refs/kept/r-1", vault.git("commit-tree", "-m", "kept", tree))

    full = attic.clean()

    assert len(empty.removed) == 1
    assert only(full).startswith("refs/kept/r-1 leads to ")
    assert vault.path.is_dir()


def test_an_empty_vault_goes_with_its_clone(attic: Attic) -> None:
    Sandbox.create(vault_path(attic.clone().path), bare=True)
    attic.forget_use()

    attic.clean()

    assert list(attic.paths.clones.iterdir()) == []


def test_a_clone_that_an_unfinished_run_needs_stays(attic: Attic) -> None:
    clone = attic.forget_use()
    attic.run(over=False, clone=str(clone))

    assert only(attic.clean()) == "r-20260101-000000-aaaaaa never came to its end"


def test_a_clone_that_somebody_works_on_stays_with_its_trees(attic: Attic) -> None:
    tree = attic.tree()
    clone = attic.forget_use()
    attic.collect = True

    with clone_alone(clone):
        report = attic.clean()

    assert set(reasons(report)) == {
        "another process is at work on its clone",
        "another process is at work on it",
    }
    assert [one.freed_bytes for one in report.collected] == [0]
    assert tree.path.is_dir()


def test_what_somebody_begins_to_work_on_meanwhile_stays(attic: Attic) -> None:
    attic.tree()
    clone = attic.forget_use()
    cleaner = attic.cleaner()
    going = cleaner.decide().going

    with clone_alone(clone):
        for thing in going:
            cleaner._go(thing, dry_run=False)

    assert names(tuple(cleaner.kept)) == names(going)
    assert cleaner.removed == []


def test_a_clone_that_cannot_be_read_stays(attic: Attic) -> None:
    clone = attic.forget_use()
    (clone / "config").write_text("[broken")

    assert only(attic.clean()).startswith("it cannot be read: ")


def test_a_clone_that_is_used_meanwhile_stays(attic: Attic) -> None:
    attic.forget_use()
    cleaner = attic.cleaner()
    (thing,) = cleaner.decide().going
    attic.clone()

    cleaner._go(thing, dry_run=False)

    assert cleaner.kept[0].stays == "it is used again"
    assert thing.path.is_dir()


def test_a_work_tree_in_which_a_run_begins_meanwhile_stays(attic: Attic) -> None:
    tree = attic.tree()
    cleaner = attic.cleaner()
    (thing,) = cleaner.decide().going
    attic.run("r-20260303-000000-cccccc", over=False, work_tree=str(tree.path))

    cleaner._go(thing, dry_run=False)

    assert cleaner.kept[0].stays == "a run has begun in it"
    assert tree.path.is_dir()


def test_the_rest_of_a_clone_that_was_never_finished_goes_after_a_day(attic: Attic) -> None:
    half = attic.paths.clones / ".widget-0123abcd.git.new"
    half.mkdir(parents=True)
    young = attic.clean()
    age(half, 2)

    old = attic.clean()

    assert young.removed == ()
    assert names(old.removed) == [f"leftover {half.name}"]


def test_a_foreign_file_among_the_clones_is_told_and_left_alone(attic: Attic) -> None:
    attic.clone()
    (attic.paths.clones / "notes").write_text("mine")

    report = attic.clean()

    assert names(report.kept) == ["stranger notes"]


def test_clones_in_use_are_cleared_of_objects_that_nothing_needs(attic: Attic, world: World) -> None:
    clone = attic.clone().path
    text = os.urandom(50_000).hex()
    lost = Sandbox(clone).git("hash-object", "-w", "--stdin", input_text=text)
    age(clone / "objects" / lost[:2] / lost[2:], 2)
    attic.collect = True

    told, done = attic.clean(dry_run=True), attic.clean()

    assert [one.clone for one in told.collected] == [one.clone for one in done.collected] == [clone.name]
    assert told.collected[0].freed_bytes is None
    assert (done.collected[0].trouble, done.failed) == ("", ())
    assert done.freed_bytes >= 50_000


def test_a_clone_that_cannot_be_cleared_is_told(attic: Attic) -> None:
    clone = attic.clone().path
    (clone / "config").write_text("[broken")
    attic.collect = True

    assert attic.clean().collected[0].trouble


def test_only_a_clone_with_many_objects_is_cleared_unasked(attic: Attic) -> None:
    clone = attic.clone().path
    few = has_many_objects(clone)
    (clone / "objects" / "17").mkdir(exist_ok=True)
    for number in range(30):
        (clone / "objects" / "17" / f"{number:038x}").touch()
    loose = has_many_objects(clone)
    shutil.rmtree(clone / "objects" / "17")
    for number in range(60):
        (clone / "objects" / "pack" / f"pack-{number}.pack").touch()

    assert (few, loose, has_many_objects(clone)) == (False, True, True)
    assert not has_many_objects(clone / "none")


def test_a_killed_removal_of_a_work_tree_goes_on_next_time(attic: Attic, world: World) -> None:
    tree = attic.tree()
    # As a kill leaves it: the folder has its new name, and half of its files are gone.
    aside = tree.path.rename(tree.path.with_name(f".removing-{tree.path.name}"))
    (aside / "calc.py").unlink()

    attic.clean(TIGHT)

    assert not aside.exists()
    assert world.leftovers() == []


def test_a_killed_removal_of_a_clone_goes_on_next_time(attic: Attic) -> None:
    clone = attic.forget_use()
    clone.rename(clone.with_name(f".removing-{clone.name}"))

    attic.clean()
    attic.clean()

    assert [path.name for path in attic.paths.clones.iterdir() if path.is_dir()] == []


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
