"""`runner claim` where the program `claude` is missing, too old or something else: nothing is spent or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console, is_as_before, script
from tests.support.git import Sandbox

ECHO_VERSION = 'if [ "$1" = --version ]; then echo "{version} (Claude Code)"; exit 0; fi\n'


@pytest.fixture
def real(console: Console) -> Console:
    """With a task in the queue."""
    console.ok("submit", "Fix add", "--label", "bug")
    return console


def test_no_claude(real: Console, repository: Sandbox) -> None:
    real.set(RUNNER_CLAUDE_PROGRAM="no-such-claude")

    code, message, hint = real("claim").error

    assert code == 5
    assert message == "the claude program cannot be run: no-such-claude was not found"
    assert hint.startswith("install Claude Code")
    assert is_as_before(real, repository)


def test_a_claude_that_is_too_old(real: Console, repository: Sandbox, tmp_path: Path) -> None:
    real.set(RUNNER_CLAUDE_PROGRAM=script(tmp_path / "claude", ECHO_VERSION.format(version="1.0.128")))

    assert real("claim").error == (5, "claude 1.0.128 is too old: 2.0.0 is the least", "run `claude update`")
    assert is_as_before(real, repository)


def test_a_program_that_is_no_claude(real: Console, repository: Sandbox, tmp_path: Path) -> None:
    real.set(RUNNER_CLAUDE_PROGRAM=script(tmp_path / "claude", "echo something else\n"))

    code, message, _ = real("claim").error

    assert code == 5
    assert message.endswith("--version says 'something else', and no version")
    assert is_as_before(real, repository)


def test_a_claude_that_refuses_its_arguments(real: Console, repository: Sandbox, tmp_path: Path) -> None:
    text = ECHO_VERSION.format(version="2.1.0") + "echo \"error: unknown option '--effort'\" >&2; exit 1\n"
    real.set(RUNNER_CLAUDE_PROGRAM=script(tmp_path / "claude", text))

    code, message, hint = real("claim").error

    assert code == 5
    assert message == "claude did not start: unknown option '--effort'"
    assert hint == "run `claude update`"
    assert is_as_before(real, repository)
