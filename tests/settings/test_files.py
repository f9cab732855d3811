"""Settings files on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import SettingsProblem
from runner.settings.files import SIZE_LIMIT_BYTES, read_file


def test_a_file_is_read_whole_and_a_missing_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x\xff")

    assert read_file(tmp_path / "a") == b"x\xff"
    assert read_file(tmp_path / "b") is None


def test_a_folder_and_a_pipe_are_no_files_and_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert read_file(tmp_path) is None
    assert read_file(tmp_path / "pipe") is None


def test_a_link_is_followed_only_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")

    assert read_file(tmp_path / "link") == b"x"
    assert read_file(tmp_path / "link", follow=False) is None


def test_a_file_that_cannot_be_reached_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(SettingsProblem, match="cannot be read: Not a directory"):
        read_file(tmp_path / "a" / "b")
    with pytest.raises(SettingsProblem, match="cannot be read: Too many levels"):
        read_file(tmp_path / "loop")


def test_a_file_that_is_too_big_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"#" * (SIZE_LIMIT_BYTES + 1))

    with pytest.raises(SettingsProblem, match="larger than 256 KB"):
        read_file(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602])
def test_a_private_file_that_others_can_open_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    path.chmod(mode)

    with pytest.raises(SettingsProblem, match=f"mode {mode:04o}") as caught:
        read_file(path, private=True)

    assert caught.value.hint == f"run: chmod 600 '{path}'"
    path.chmod(0o600)
    assert read_file(path, private=True) == b"x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_private_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    path.chmod(0o600)
    os.chown(path, 12345, -1)

    with pytest.raises(SettingsProblem, match="belongs to another user"):
        read_file(path, private=True)
