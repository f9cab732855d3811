"""Where a program is found, and what is said when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import ProgramMissing
from runner.process.program import find_program


def make(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def test_the_first_folder_of_the_given_path_wins(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a/tool"), make(tmp_path / "b/tool")

    found = find_program("tool", {"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"})

    assert found == str(first)
    assert found != str(second)


def test_a_file_without_the_right_to_run_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path / "a/tool", mode=0o644)
    second = make(tmp_path / "b/tool")

    assert find_program("tool", {"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"}) == str(second)


def test_a_folder_of_that_name_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "tool").mkdir()

    with pytest.raises(ProgramMissing, match="tool was not found"):
        find_program("tool", {"PATH": str(tmp_path)})


@pytest.mark.parametrize("path", ["", ".", "bin", ":"])
def test_a_relative_path_entry_lets_no_repository_supply_a_program(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "git-of-the-repository")
    make(tmp_path / "bin/git-of-the-repository")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ProgramMissing) as problem:
        find_program("git-of-the-repository", {"PATH": path})

    assert "install git-of-the-repository" in problem.value.hint


def test_without_path_the_usual_folders_are_searched() -> None:
    assert find_program("sh", {}).endswith("/sh")


def test_a_name_with_a_slash_is_relative_to_the_folder_of_the_child(tmp_path: Path) -> None:
    script = make(tmp_path / "scripts/check")

    assert find_program("scripts/check", {"PATH": ""}, tmp_path) == str(script)


def test_a_missing_file_is_named_whole(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match=str(tmp_path / "scripts/check")) as problem:
        find_program("scripts/check", {"PATH": ""}, tmp_path)

    assert problem.value.exit_code == 5
