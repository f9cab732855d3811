"""Vaults without their clones, or without anything in them: told, and removed when nothing is lost with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.git.belonging import belonging_file
from runner.git.vault import vault_path
from tests.runs.attic import FIRST, SECOND, Attic, age, copied, names, only, shown
from tests.support.git import Sandbox


def test_a_copy_without_its_clone_is_told_and_goes_when_its_run_goes(attic: Attic) -> None:
    path = copied(attic, days=3)
    clone = attic.clone().path
    shutil.rmtree(clone)

    young = attic.clean()
    age(attic.paths.runs / FIRST / "run.json", 41)
    age(path, 41)
    old = attic.clean()

    assert names(young.kept) == [f"checkout_copy {FIRST}"]
    assert (young.kept[0].past, only(young)) == ("3 days old; its clone is gone", "its run is kept")
    assert names(old.removed) == [f"run {FIRST}", f"checkout_copy {FIRST}"]
    assert list(attic.paths.clones.iterdir()) == []


def test_of_two_copies_without_their_clone_one_goes(attic: Attic) -> None:
    copied(attic, FIRST, days=41)
    copied(attic, SECOND)
    clone = attic.clone().path
    shutil.rmtree(clone)

    report = attic.clean()

    assert names(report.removed) == [f"run {FIRST}", f"checkout_copy {FIRST}"]
    assert names(report.kept) == [f"checkout_copy {SECOND}"]
    assert (shown(vault_path(clone), FIRST), bool(shown(vault_path(clone), SECOND))) == ("", True)
    assert belonging_file(clone).is_file()


@pytest.mark.parametrize("lost", ["repository", "note"])
def test_a_copy_without_clone_and_home_stays(attic: Attic, lost: str) -> None:
    copied(attic, days=41)
    clone = attic.clone().path
    shutil.rmtree(clone)
    if lost == "repository":
        shutil.rmtree(attic.world.checkout.path)
    else:
        belonging_file(clone).unlink()

    report = attic.clean()

    assert only(report) == "its repository is gone or unknown: what was unsaved there may be nowhere else"
    assert shown(vault_path(clone), FIRST)


def test_a_young_copy_without_clone_and_run_is_told(attic: Attic) -> None:
    copied(attic)
    shutil.rmtree(attic.clone().path)
    shutil.rmtree(attic.paths.runs / FIRST)

    report = attic.clean()

    assert report.kept[0].past == "0 h old; its clone is gone"
    assert only(report) == "the bounds for runs hold for it too"


def test_an_empty_vault_goes_with_or_without_its_clone(attic: Attic) -> None:
    clone = attic.clone().path
    Sandbox.create(vault_path(clone), bare=True)
    beside_clone = attic.clean()
    Sandbox.create(vault_path(clone), bare=True)
    shutil.rmtree(clone)

    alone = attic.clean()

    assert names(beside_clone.removed) == names(alone.removed) == [f"vault {vault_path(clone).name}"]
    assert beside_clone.removed[0].past == "nothing is kept in it"
    assert alone.removed[0].past == "its clone is gone"
    assert list(attic.paths.clones.iterdir()) == []


def test_what_is_not_ours_in_a_vault_keeps_it(attic: Attic) -> None:
    vault = attic.paths.clones / "widget-0123abcd.kept"
    mine = Sandbox.create(vault, bare=True)
    tree = mine.git("hash-object", "-t", "tree", "-w", "--stdin", input_text="")
    commit = mine.git("commit-tree", "-m", "mine", tree)
    mine.git("update-ref", "refs/mine/x", commit)
    mine.git("update-ref", "refs/runner/alibi/a@b/files", commit)

    report = attic.clean()

    assert names(report.kept) == [f"vault {vault.name}"]
    assert only(report) == "refs/mine/x, refs/runner/alibi/a@b/files may be nowhere else"


def test_a_vault_that_cannot_be_read_stays(attic: Attic) -> None:
    copied(attic)
    clone = attic.clone().path
    (vault_path(clone) / "config").write_text("[broken")
    beside_clone = attic.clean()
    shutil.rmtree(clone)

    alone = attic.clean()

    assert (beside_clone.removed, beside_clone.kept) == ((), ())
    assert only(alone).startswith("it cannot be read: ")


def test_a_vault_that_was_never_finished_goes_with_what_is_in_it(attic: Attic) -> None:
    vault = attic.paths.clones / "widget-0123abcd.kept"
    (vault / "objects").mkdir(parents=True)

    assert names(attic.clean().removed) == [f"vault {vault.name}"]
    assert list(attic.paths.clones.iterdir()) == []


def test_a_link_to_a_vault_is_nobody_s(attic: Attic, tmp_path: Path) -> None:
    elsewhere = Sandbox.create(tmp_path / "elsewhere.kept", bare=True)
    attic.clone()
    (attic.paths.clones / "widget-0123abcd.kept").symlink_to(elsewhere.path)

    assert names(attic.clean().kept) == ["stranger widget-0123abcd.kept"]
    assert elsewhere.path.is_dir()


def test_a_vault_that_is_used_or_gone_meanwhile_is_left_alone(attic: Attic) -> None:
    clone = attic.clone().path
    Sandbox.create(vault_path(clone), bare=True)
    cleaner = attic.cleaner()
    copied(attic)

    used = cleaner.vaults.remove_vault(vault_path(clone))
    shutil.rmtree(vault_path(clone))

    assert used == "it is used again"
    assert cleaner.vaults.remove_vault(vault_path(clone)) is None
