"""The real gh, and a GitHub of our own that it talks to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.forge.github import GitHubForge
from runner.forge.remote import RemoteRepository
from runner.gh.program import Gh
from tests.peers.github import HOST, GitHub
from tests.support.branches import bare_with_branches
from tests.support.needs import needs_program

REPOSITORY = RemoteRepository(host=HOST, owner="acme", name="widget")


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    needs_program("gh")
    with GitHub(bare_with_branches(tmp_path / "origin.git").path) as server:
        yield server


@pytest.fixture
def gh(github: GitHub) -> Gh:
    """The real program, signed in to our GitHub."""
    return Gh(environment=dict(os.environ) | github.environment, timeout_s=30)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def forge(gh: Gh, pauses: list[float]) -> GitHubForge:
    """It does not wait, it only notes how long it would have."""
    return GitHubForge(gh, REPOSITORY, pause=pauses.append)
