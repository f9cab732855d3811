"""The real gh, signed in to a GitHub of our own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.gh.program import Gh
from tests.peers.github import GitHub
from tests.support.branches import bare_with_branches
from tests.support.needs import needs_program


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    needs_program("gh")
    with GitHub(bare_with_branches(tmp_path / "origin.git").path) as server:
        yield server


@pytest.fixture
def gh(github: GitHub) -> Gh:
    return Gh(environment=dict(os.environ) | github.environment, timeout_s=30)
