"""The scene that the tests of this package break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scene import Scene
from tests.peers.github import GitHub
from tests.support.git import Sandbox
from tests.support.needs import needs_program

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A scene is several real processes, and there are hundreds: `make test` has one of each kind, marked as quick."""
    for item in items:
        in_processes = "scene" in getattr(item, "fixturenames", ()) and not hasattr(
            getattr(item, "module", None), "scene"
        )
        is_scene = item.path.parent == HERE and in_processes
        if is_scene and item.get_closest_marker("quick") is None:
            item.add_marker(pytest.mark.long)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A checkout whose origin is a GitHub on loopback, a stand-in for claude, one task."""
    needs_program("gh")
    origin = Sandbox.create(tmp_path / "origin.git", bare=True)
    with GitHub(origin.path) as github:
        yield Scene.create(tmp_path, dict(os.environ), github)
