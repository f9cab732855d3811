"""The command line in a small repository, with the logger as Python makes it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.support.git import Sandbox
from tests.support.logs import reset_log


@pytest.fixture
def console(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path, repository: Sandbox
) -> Console:
    """Stands in the repository, as the agent `me`."""
    made = Console(capsys, monkeypatch, home)
    made.stand_in(repository.path)
    made.set(RUNNER_AGENT_ID="me")
    return made


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """A command that logs sets the logger up for its whole process, which goes on here."""
    yield
    reset_log()
