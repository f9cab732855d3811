"""The developer's home folder is not the one that tests run in."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from tests.support.git import Sandbox

REAL = Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()


def test_home_and_everything_below_it_is_the_tests_own(home: Path) -> None:
    folders = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("XDG_")}

    assert Path.home() == home
    assert home.resolve() != REAL
    assert len(folders) == 4
    assert all(Path(value).is_relative_to(home) for value in folders.values())


def test_git_reads_no_settings_but_the_tests_own(home: Path, repository: Sandbox) -> None:
    origins = repository.git("config", "--list", "--show-origin").splitlines()

    read = {line.split("\t")[0] for line in origins}
    assert read == {f"file:{home}/.gitconfig", "file:.git/config"}


def test_a_child_lives_in_the_same_home(home: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", "cd && pwd"], env=os.environ, capture_output=True, text=True, check=True
    )

    assert Path(done.stdout.strip()).resolve() == home.resolve()


def test_no_token_of_the_developer_is_in_the_environment() -> None:
    named = [name for name in os.environ if name.endswith(("_TOKEN", "_API_KEY", "_SECRET", "_PASSWORD"))]

    assert named == []
