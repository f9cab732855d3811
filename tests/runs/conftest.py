"""The world of runs as fixtures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.runs.attic import Attic
from tests.runs.world import World


@pytest.fixture
def world(home: Path, tmp_path: Path) -> World:
    """A repository with an origin."""
    return World(tmp_path, dict(os.environ))


@pytest.fixture
def lonely(home: Path, tmp_path: Path) -> World:
    """A repository without a remote."""
    return World(tmp_path, dict(os.environ), remote=False)


@pytest.fixture
def attic(world: World) -> Attic:
    """The same as a place where things pile up."""
    return Attic(world)
