"""Private clones go when nothing in them is nowhere else."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from runner.file_lock import try_lock, unlock
from runner.git.belonging import belonging_file
from runner.git.rescue import rescue_commit, rescue_hint
from runner.git.unpushed import clone_alone, locks_of
from runner.git.vault import vault_path
from runner.runs.cleaning import has_many_objects
from tests.runs.attic import Attic, age, names, only, reasons
from tests.runs.world import World
from tests.support.git import Sandbox


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


def test_a_clone_with_rescued_work_stays_until_it_is_elsewhere(attic: Attic, world: World) -> None:
    clone, run_id = attic.clone(), "r-20260101-000000-aaaaaa"
    tree = attic.tree()
    commit = attic.committed(tree)
    rescue_commit(clone.ground, run_id, commit)
    clone.remove_work_tree(tree.path)
    attic.forget_use()
    fetch = rescue_hint(clone.path, run_id)

    rescued = attic.clean()
    subprocess.run(shlex.split(fetch), cwd=world.checkout.path, check=True, capture_output=True)
    elsewhere = attic.clean()

    assert only(rescued) == f"it keeps work of {run_id}: `{fetch}` brings it into your checkout"
    assert world.checkout.git("rev-parse", f"rescue/{run_id}") == commit
    assert len(elsewhere.removed) == 1


def test_a_clone_with_refs_of_somebody_else_stays(attic: Attic, world: World) -> None:
    clone = attic.clone()
    clone.resolve_base()
    Sandbox(clone.path).git("update-ref", "refs/mine/x", world.checkout.head())
    attic.forget_use()

    assert only(attic.clean()).startswith("refs/mine/x leads to ")


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


def test_a_clone_whose_vault_somebody_works_on_stays(attic: Attic) -> None:
    clone = attic.forget_use()
    lock = try_lock(locks_of(clone)[0])
    assert lock is not None

    report = attic.clean()
    unlock(lock)

    assert only(report) == "another process is at work on it"
    assert len(attic.clean().removed) == 1
    assert list(attic.paths.clones.iterdir()) == []


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


def test_a_killed_removal_of_a_clone_goes_on_next_time(attic: Attic) -> None:
    clone = attic.forget_use()
    clone.rename(clone.with_name(f".removing-{clone.name}"))

    attic.clean()
    attic.clean()

    assert [path.name for path in attic.paths.clones.iterdir() if path.is_dir()] == []


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
