"""A clone whose HEAD or refs are damaged is put right before it is used, and what it kept is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.frame import is_bent, mend_frame
from runner.git.rescue import rescue_commit, rescued
from tests.git.world import World
from tests.support.git import Sandbox


def cut_head(clone: Path) -> None:
    (clone / "HEAD").write_text("")


def no_head(clone: Path) -> None:
    (clone / "HEAD").unlink()


def linked_head(clone: Path) -> None:
    (clone / "HEAD").unlink()
    (clone / "HEAD").symlink_to("elsewhere")


def folder_as_head(clone: Path) -> None:
    (clone / "HEAD").unlink()
    (clone / "HEAD").mkdir()


def junk_in_list(clone: Path) -> None:
    Sandbox(clone).git("pack-refs", "--all")
    with (clone / "packed-refs").open("a") as file:
        file.write("junk\n")


def linked_list(clone: Path) -> None:
    (clone / "packed-refs").unlink(missing_ok=True)
    (clone / "packed-refs").symlink_to("elsewhere")


def no_refs(clone: Path) -> None:
    Sandbox(clone).git("pack-refs", "--all")
    shutil.rmtree(clone / "refs")


def no_refs_at_all(clone: Path) -> None:
    shutil.rmtree(clone / "refs")


def file_as_refs(clone: Path) -> None:
    shutil.rmtree(clone / "refs")
    (clone / "refs").write_text("")


DAMAGE = (
    cut_head,
    no_head,
    linked_head,
    folder_as_head,
    junk_in_list,
    no_refs,
    no_refs_at_all,
    file_as_refs,
)


@pytest.mark.parametrize("act", DAMAGE)
def test_a_damaged_frame_is_mended_and_nothing_is_lost(world: World, act: Callable[[Path], None]) -> None:
    tree = world.committed({"calc.py": "new\n"}, run_id="r-20261122-000000-abcdef")
    clone = world.clone().path
    commit_id = tree.committed()
    assert commit_id is not None
    rescue_commit(tree.plot.ground, "r-20261122-000000-abcdef", commit_id)
    act(clone)
    assert is_bent(clone)

    again = world.clone()
    base = again.resolve_base()

    assert not is_bent(clone)
    assert [kept.commit_id for kept in rescued(again.ground)] == [commit_id]
    assert again.work_tree(tree.path).changes(base.commit_id) == ("calc.py",)


def test_a_list_of_refs_that_leads_elsewhere_is_no_list(world: World) -> None:
    clone = world.clone().path
    linked_list(clone)

    world.clone().resolve_base()

    assert not (clone / "packed-refs").is_symlink()


def test_a_mending_that_was_broken_off_is_ended(world: World) -> None:
    tree = world.committed({"calc.py": "new\n"}, run_id="r-20261122-000000-abcdef")
    clone = world.clone().path
    no_refs_at_all(clone)
    (clone / "refs").mkdir()
    (clone / "runner-refs-lost").touch()

    again = world.clone()

    assert [kept.commit_id for kept in rescued(again.ground)] == [tree.committed()]
    assert not is_bent(clone)


def test_what_cannot_be_mended_is_told_with_a_way_out(world: World) -> None:
    clone = world.clone().path
    (clone / "refs").rename(clone / "moved")
    (clone / "runner-refs-lost").mkdir()

    with pytest.raises(GitFailed, match="cannot be mended") as caught:
        world.clone()

    assert f"remove {clone}" in caught.value.hint


def test_a_whole_frame_is_not_touched(world: World) -> None:
    clone = world.clone().path
    Sandbox(clone).git("pack-refs", "--all")
    before = (clone / "HEAD").stat().st_mtime_ns, (clone / "packed-refs").read_bytes()

    mend_frame(clone, {})

    assert ((clone / "HEAD").stat().st_mtime_ns, (clone / "packed-refs").read_bytes()) == before
    assert not is_bent(clone.with_name("none"))
