"""Settings, limits and prompts that are malformed: named by file and line, and nothing is spent or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console, is_as_before
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    """With a task in the queue that a recorded claude could do."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add", "--label", "bug")
    return console


@pytest.mark.parametrize("words", [["claim"], ["config", "show"], ["status"]])
def test_malformed_settings(console: Console, repository: Sandbox, words: list[str]) -> None:
    console.settings.parent.mkdir(parents=True, exist_ok=True)
    console.settings.write_text("[claude]\nmax_turns = 'many'\nmodle = 'x'\n")

    said = console(*words)

    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert said.code == 2
    assert errors[0].startswith(f"error: {console.settings}:2: claude.max_turns: ")
    assert errors[1].startswith(f"error: {console.settings}:3: claude.modle: ")
    assert said.err.splitlines()[2].startswith("hint: ")
    console.settings.unlink()
    assert is_as_before(console, repository)


def test_settings_that_are_no_toml(console: Console) -> None:
    console.settings.parent.mkdir(parents=True, exist_ok=True)
    console.settings.write_text("[claude\n")

    code, message, _ = console("claim").error

    assert code == 2
    assert message.startswith(f"{console.settings}:1")


def test_malformed_settings_of_the_repository(console: Console, repository: Sandbox) -> None:
    repository.write({".runner.toml": "[checks]\ncommands = 3\n"})

    code, message, _ = console("claim").error

    assert code == 2
    assert ".runner.toml:2: checks.commands: " in message
    (repository.path / ".runner.toml").unlink()
    assert is_as_before(console, repository)


def test_a_check_that_no_shell_could_read(console: Console, repository: Sandbox) -> None:
    repository.write({".runner.toml": '[checks]\ncommands = ["sh -c \'open"]\n'})

    trusting, claiming = console("trust", "--yes"), console("claim")

    message = ".runner.toml:2: checks.commands: is not a command line: no closing quotation"
    assert trusting.error[:2] == claiming.error[:2] == (2, message)
    (repository.path / ".runner.toml").unlink()
    assert is_as_before(console, repository)


def test_malformed_limits(console: Console, repository: Sandbox) -> None:
    console.limits.parent.mkdir(parents=True, exist_ok=True)
    console.limits.write_text("[agent.default]\ndaily_jobs = -1\n")

    code, message, hint = console("claim").error

    assert code == 2
    assert message.startswith(f"{console.limits}: agent.default.daily_jobs is -1; wanted ")
    assert "runner allowance set" in hint
    console.limits.unlink()
    assert is_as_before(console, repository)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{% if %}", "Expected an expression, got 'end of statement block'"),
        ("{{ nobody.knows }}", "'nobody' is undefined"),
        ("{{ 1/0 }}", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_malformed_template(console: Console, repository: Sandbox, source: str, told: str) -> None:
    rev = repository.commit("a prompt", {".runner/prompts/task.md.j2": source})[:10]
    console.ok("trust", "--yes")

    code, message, hint = console("claim").error

    assert code == 2
    assert message == f"main at {rev}/.runner/prompts/task.md.j2:1: {told}"
    assert hint.startswith(("correct the template", "values of this prompt: "))
    assert is_as_before(console, repository)


def test_a_state_folder_that_cannot_be_written(console: Console, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    console.set(RUNNER_STATE_DIR=str(tmp_path / "file" / "below"))

    said = console("submit", "x")

    assert said.code == 5
    assert str(tmp_path / "file") in said.error[1]
