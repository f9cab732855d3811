"""A repository with branches worth a pull request, and a GitHub that has it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from runner.forge.github import GitHubForge
from runner.forge.remote import RemoteRepository
from runner.gh import Gh
from tests.peers.github import HOST, GitHub
from tests.support.git import Sandbox
from tests.support.needs import needs_program

REPOSITORY = RemoteRepository(host=HOST, owner="acme", name="widget")


@pytest.fixture
def origin(published: tuple[Sandbox, Sandbox]) -> Sandbox:
    """A bare repository with `main`, `next`, `feat/x` and `feat/y` (each one commit ahead of main)."""
    checkout, origin = published
    checkout.git("push", "-q", "origin", "main:next")
    for name in ("x", "y"):
        checkout.git("checkout", "-q", "-b", f"feat/{name}", "main")
        checkout.commit(f"add {name}", {name: name})
        checkout.git("push", "-q", "origin", f"feat/{name}")
    return origin


@pytest.fixture
def github(origin: Sandbox) -> Iterator[GitHub]:
    needs_program("gh")
    with GitHub(origin.path) as server:
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
