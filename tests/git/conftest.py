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
