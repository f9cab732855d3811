"""Worlds for the tests of this package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.git.world import World
from tests.support.git import Sandbox


@pytest.fixture
def world(repository: Sandbox, tmp_path: Path) -> World:
    """A checkout without a remote."""
    return World(checkout=repository, state=tmp_path / "state")


@pytest.fixture
def online(published: tuple[Sandbox, Sandbox], tmp_path: Path) -> tuple[World, Sandbox]:
    """A checkout and its `origin`."""
    return World(checkout=published[0], state=tmp_path / "state"), published[1]


@pytest.fixture
def rich(repository: Sandbox) -> Sandbox:
    """Commits, a link, a script, odd names, a submodule's place, staged and unstaged changes."""
    repository.commit(
        "second\nstill the subject\n\nand a body",
        {"sub/ä ö.txt": "umlaut\n", "tab\there": "x\n", "moved": "some text that is long enough\n" * 5},
    )
    (repository.path / "link").symlink_to("calc.py")
    repository.write({"run.sh": "#!/bin/sh\n"})
    (repository.path / "run.sh").chmod(0o755)
    repository.commit("third: ünïcode")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    repository.git("commit", "-q", "-m", "with a submodule")
    return repository
