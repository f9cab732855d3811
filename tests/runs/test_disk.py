"""Sizes and removals: links are not followed, a kill is not noticed, a second process does no harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.runs.disk import age_s, children, is_run_id, leftovers, remove, set_aside, size_bytes


def folder_with(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(b"x" * 10_000)
    return path


def reachable(folder: Path) -> None:
    """Let another user come to a folder."""
    for parent in (folder, *folder.parents[:8]):
        if parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)


@contextmanager
def as_plain_user(folder: Path) -> Iterator[None]:
    """Permissions bind, also when the tests run as root."""
    for path in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_size_is_what_removing_gives_back(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "a", "one", "sub/two")
    own = size_bytes(folder)
    outside = folder_with(tmp_path / "b", "big", "bigger")
    (folder / "link").symlink_to(outside)
    (folder / "shared").hardlink_to(outside / "big")

    assert own >= 20_000
    assert size_bytes(folder) - own < 10_000
    assert size_bytes(outside / "bigger") >= 10_000
    assert size_bytes(tmp_path / "none") == 0


def test_removing_takes_all_of_a_folder_and_nothing_behind_a_link(tmp_path: Path) -> None:
    outside = folder_with(tmp_path / "outside", "precious")
    folder = folder_with(tmp_path / "state" / "a", "one", "sub/two")
    (folder / "link").symlink_to(outside)
    (folder / "sub" / "file").symlink_to(outside / "precious")

    assert remove(folder)

    assert list((tmp_path / "state").iterdir()) == []
    assert (outside / "precious").exists()


def test_removing_a_link_removes_the_link(tmp_path: Path) -> None:
    outside = folder_with(tmp_path / "outside", "precious")
    (tmp_path / "link").symlink_to(outside)

    assert remove(tmp_path / "link")

    assert not (tmp_path / "link").is_symlink()
    assert (outside / "precious").exists()


def test_what_is_gone_already_is_no_error(tmp_path: Path) -> None:
    assert not remove(tmp_path / "none")


def test_a_removal_that_was_killed_is_found_and_done_again(tmp_path: Path) -> None:
    aside = set_aside(folder_with(tmp_path / "a", "one"))
    folder_with(tmp_path / "a", "other")

    found = leftovers(tmp_path)
    again = remove(tmp_path / "a")

    assert found == (aside,)
    assert set_aside(aside) == aside
    assert again
    assert list(tmp_path.iterdir()) == []


def test_what_is_made_read_only_inside_goes_too(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "state" / "a", "cache/file")
    (folder / "cache").chmod(0o500)
    reachable(tmp_path)

    with as_plain_user(tmp_path / "state"):
        assert remove(folder)

    assert not folder.exists()


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "state" / "a", "file")
    reachable(tmp_path)
    (tmp_path / "state").chmod(0o500)

    with as_plain_user(tmp_path / "state"), pytest.raises(StoreFailed, match="Permission denied"):
        remove(folder)

    assert (folder / "file").exists()


def test_our_folders_are_listed_unless_they_are_links(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "a", "two", "one")
    (tmp_path / "link").symlink_to(folder)

    assert [path.name for path in children(folder)] == ["one", "two"]
    assert children(tmp_path / "link") == children(tmp_path / "none") == ()


def test_a_folder_of_ours_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "a", "one")
    reachable(tmp_path)

    with as_plain_user(folder):
        folder.chmod(0o300)
        with pytest.raises(StoreFailed, match="cannot be read: Permission denied"):
            children(folder)


def test_an_age_is_never_negative(tmp_path: Path) -> None:
    os.utime(tmp_path, (1000, 1000))

    assert age_s(tmp_path, 1500.0) == 500
    assert age_s(tmp_path, 500.0) == 0
    assert age_s(tmp_path / "none", 500.0) == 0


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("r-20261122-101500-1a2b3c", True),
        ("r-1", False),
        ("notes", False),
        ("r-20261122-101500-1a2b3cx", False),
    ],
)
def test_a_run_is_told_by_its_name(name: str, ours: bool) -> None:
    assert is_run_id(name) is ours
