"""Copies of the checkout go with their runs; what may be nowhere else stays, also beside a clone that is gone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from runner.file_lock import try_lock, unlock
from runner.git.unpushed import locks_of
from runner.git.vault import vault_path
from tests.runs.attic import FIRST, SECOND, TIGHT, Attic, age, copied, names, reasons, shown
from tests.support.git import Sandbox


def objects_of(vault: Path) -> set[str]:
    """Loose and packed ones, and those it borrows."""
    listed = subprocess.run(
        ["git", f"--git-dir={vault}", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


def test_a_copy_goes_with_its_run(attic: Attic) -> None:
    copied(attic, days=41)
    vault = vault_path(attic.clone().path)

    told, done = attic.clean(dry_run=True), attic.clean()

    assert names(told.removed) == names(done.removed) == [f"run {FIRST}", f"checkout_copy {FIRST}"]
    assert done.removed[1].past == "41 days old; older than 30 days"
    assert done.removed[1].size_bytes == told.removed[1].size_bytes > 1000
    assert not vault.exists()
    assert attic.clone().path.is_dir()


def test_a_copy_is_within_the_bounds_as_long_as_its_run(attic: Attic) -> None:
    copied(attic, days=29)

    young = attic.clean()
    crowded = attic.clean(TIGHT)

    assert (young.removed, young.kept) == ((), ())
    assert crowded.removed[1].past == "29 days old; not among the newest 0"


def test_a_copy_stays_while_its_run_is_kept(attic: Attic) -> None:
    copied(attic, days=41)
    lock = try_lock(attic.paths.runs / FIRST / "lock")
    assert lock is not None

    report = attic.clean()
    unlock(lock)

    assert report.removed == ()
    assert reasons(report) == ["its run is kept: a process is at work on it", "a process is at work on it"]


@pytest.mark.parametrize("state", ["unfinished", "damaged", "still there"])
def test_a_copy_that_may_be_asked_for_again_stays(attic: Attic, state: str) -> None:
    copied(attic, days=41)
    folder = attic.paths.runs / FIRST
    if state == "unfinished":
        (folder / "outcome.json").unlink()
    elif state == "damaged":
        (folder / "run.json").write_text("{")
    age(folder / "run.json", 41)
    cleaner = attic.cleaner()

    stays = cleaner.vaults.remove_copy(next(iter(cleaner.vaults.copies)))

    assert (
        stays
        == {
            "unfinished": f"{FIRST} never came to its end: `runner resume {FIRST}` goes on with it",
            "damaged": f"the record of {FIRST} cannot be read",
            "still there": "its run could not be removed",
        }[state]
    )
    assert shown(vault_path(attic.clone().path), FIRST)


def test_a_copy_whose_run_was_removed_by_hand_goes_by_its_own_age(attic: Attic) -> None:
    path = copied(attic, days=29)
    shutil.rmtree(attic.paths.runs / FIRST)
    young = attic.clean(TIGHT)
    age(path, 31)

    old = attic.clean(TIGHT)

    assert young.removed == ()
    assert names(old.removed) == [f"checkout_copy {FIRST}"]
    assert old.removed[0].past == "31 days old; older than 30 days"


def test_of_two_copies_in_one_vault_one_goes_with_all_that_only_it_had(attic: Attic) -> None:
    copied(attic, FIRST, days=41)
    vault = vault_path(attic.clone().path)
    secret = Sandbox(vault).git("rev-parse", f"refs/runner/alibi/{FIRST}/files:unsaved.txt")
    copied(attic, SECOND, days=1)
    text = shown(vault, SECOND)

    report = attic.clean()

    assert names(report.removed) == [f"run {FIRST}", f"checkout_copy {FIRST}"]
    assert 0 < report.removed[1].size_bytes < 10_000
    assert secret not in objects_of(vault)
    assert shown(vault, SECOND) == text != ""


def test_copies_in_packed_refs_are_found_as_well(attic: Attic) -> None:
    copied(attic, FIRST, days=41)
    vault = vault_path(attic.clone().path)
    Sandbox(vault).git("pack-refs", "--all")
    shutil.rmtree(attic.paths.runs / FIRST)
    young = attic.clean()
    age(vault / "packed-refs", 41)

    old = attic.clean()

    assert young.removed == ()
    assert names(old.removed) == [f"checkout_copy {FIRST}"]
    assert not vault.exists()


def test_a_copy_of_a_repository_that_is_gone_stays_with_its_clone(attic: Attic) -> None:
    copied(attic, days=41)
    clone = attic.clone().path
    shutil.rmtree(attic.world.checkout.path)

    report = attic.clean()

    assert names(report.removed) == [f"run {FIRST}"]
    assert reasons(report) == [
        "its repository is gone or unknown: what was unsaved there may be nowhere else",
        f"it keeps a copy of your checkout from {FIRST}",
    ]
    assert shown(vault_path(clone), FIRST)


def test_an_unused_clone_goes_after_the_copies_in_its_vault(attic: Attic) -> None:
    copied(attic, days=41)
    attic.forget_use()

    told, done = attic.clean(dry_run=True), attic.clean()

    assert [name.split()[0] for name in names(done.removed)] == ["run", "checkout_copy", "clone"]
    assert names(told.removed) == names(done.removed)
    assert told.freed_bytes == done.freed_bytes
    assert list(attic.paths.clones.iterdir()) == []


def test_what_another_process_is_at_work_on_stays(attic: Attic) -> None:
    copied(attic, days=41)
    clone = attic.clone().path
    empty = attic.paths.clones / "widget-0123abcd.kept"
    Sandbox.create(empty, bare=True)
    cleaner = attic.cleaner()
    going = cleaner.decide().going
    locks = [try_lock(locks_of(path)[0]) for path in (clone, empty.with_suffix(".git"))]

    seen = attic.cleaner().decide()
    for thing in going:
        cleaner._go(thing, dry_run=False)
    for lock in locks:
        assert lock is not None
        unlock(lock)

    assert [thing.stays for thing in seen.kept] == ["another process is at work on it"] * 2
    assert names(tuple(cleaner.kept)) == [f"checkout_copy {FIRST}", f"vault {empty.name}"]
    assert (shown(vault_path(clone), FIRST) != "", empty.is_dir()) == (True, True)


def test_a_copy_that_is_gone_meanwhile_is_no_trouble(attic: Attic) -> None:
    copied(attic, days=41)
    cleaner = attic.cleaner()
    (path,) = cleaner.vaults.copies
    shutil.rmtree(attic.paths.runs / FIRST)
    shutil.rmtree(vault_path(attic.clone().path))

    assert cleaner.vaults.remove_copy(path) == ""


def test_objects_that_cannot_be_removed_are_told(attic: Attic) -> None:
    copied(attic, FIRST, days=41)
    copied(attic, SECOND)
    vault = vault_path(attic.clone().path)
    (vault / "refs/runner/alibi" / SECOND / "files").write_text("1" * 40 + "\n")

    report = attic.clean()

    assert names(report.removed) == [f"run {FIRST}"]
    assert report.failed == (f"a copy in {vault} was let go of, but its objects cannot be removed",)
