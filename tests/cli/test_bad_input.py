"""What may be wrong when somebody types `runner claim`: one line that says what, one that says what to do.

Whatever it is, the task is free again, nothing is held of the allowance, no branch and no work tree is left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.console import Console, python_runner, script
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
ECHO_VERSION = 'if [ "$1" = --version ]; then echo "{version} (Claude Code)"; exit 0; fi\n'


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    """With a task in the queue that a recorded claude could do."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add", "--label", "bug")
    return console


@pytest.fixture
def real(console: Console) -> Console:
    """With the program instead of the recording."""
    console.unset("RUNNER_CLAUDE_RECORDING")
    return console


def is_as_before(console: Console, checkout: Sandbox | None = None) -> bool:
    """The task is free, no attempt is used, nothing is held or lying about."""
    task = console.show("T-1")
    assert (task["status"], task["attempts"], task["claimed_by"]) == ("pending", [], None)
    assert console.holds() == []
    assert console.leftovers() == []
    assert checkout is None or checkout.branches() == ["main"]
    return True


@pytest.mark.parametrize(
    "words",
    [["claim"], ["claim", "--dry-run"], ["submit", "x"], ["context", "T-1"], ["trust"], ["replay", "r-1"]],
)
def test_not_a_repository(console: Console, tmp_path: Path, words: list[str]) -> None:
    console.stand_in(tmp_path)

    code, message, hint = console(*words).error

    assert code == 2
    assert message in {f"{tmp_path} is not in a git repository", "no run starts with 'r-1'"}
    assert hint
    assert is_as_before(console)


def test_a_bare_repository(console: Console, tmp_path: Path) -> None:
    console.stand_in(Sandbox.create(tmp_path / "bare.git", bare=True).path)

    code, message, hint = console("claim").error

    assert code == 2
    assert message.endswith("bare.git is in a bare repository; a work tree is needed")
    assert hint.startswith("go to a checkout of it")


@pytest.mark.parametrize("words", [["claim", "--any-project"], ["claim", "--any-project", "--dry-run"]])
def test_an_empty_repository(console: Console, tmp_path: Path, words: list[str]) -> None:
    console.stand_in(Sandbox.create(tmp_path / "empty").path)

    code, message, hint = console(*words).error

    assert code == 2
    assert "commit" in message
    assert "commit" in hint
    assert is_as_before(console)


def test_the_base_branch_is_gone(console: Console, repository: Sandbox) -> None:
    console.ok("config", "set", "pull_request.base", "gone")

    assert console("claim").error == (2, "there is no branch gone to start from", "branches: main")
    assert is_as_before(console, repository)


def test_the_base_branch_is_gone_here_and_on_the_remote(
    console: Console, published: tuple[Sandbox, Sandbox]
) -> None:
    checkout, origin = published
    console.ok("config", "set", "pull_request.base", "gone")

    code, message, hint = console("claim", "--any-project").error

    assert (code, message) == (2, "there is no branch gone to start from")
    assert hint.startswith("branches: ")
    assert is_as_before(console, checkout)
    assert origin.branches() == ["main"]


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


def test_an_unknown_task(console: Console, repository: Sandbox) -> None:
    assert console("claim", "T-9").error == (
        1,
        "there is no task 'T-9'",
        "`runner list` shows the tasks there are",
    )
    assert is_as_before(console, repository)


def test_a_task_in_other_hands(console: Console, repository: Sandbox) -> None:
    console.held_by("bob", "T-1")

    code, message, hint = console("claim", "T-1").error

    assert code == 3
    assert message.startswith("T-1 is held by bob until ")
    assert hint == "`runner release` takes it out of its holder's hands"
    assert console.show("T-1")["claimed_by"] == "bob"
    assert console.holds() == []
    assert console.leftovers() == []


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
    repository.write({".runner/prompts/task.md.j2": source})
    console.ok("trust", "--yes")

    code, message, hint = console("claim").error

    assert code == 2
    assert message == f"{repository.path}/.runner/prompts/task.md.j2:1: {told}"
    assert hint.startswith(("correct the template", "values of this prompt: "))
    assert is_as_before(console, repository)


def test_no_network(console: Console, repository: Sandbox) -> None:
    repository.git("remote", "add", "origin", "http://127.0.0.1:9/acme/widget.git")

    code, message, hint = console("claim", "--any-project").error

    assert code == 5
    assert message.startswith("origin cannot be reached: ")
    assert hint.startswith("check the network")
    assert is_as_before(console, repository)


@pytest.mark.parametrize(
    "words", [["claim"], ["list"], ["submit", "x"], ["config", "show"], ["allowance", "show"]]
)
def test_no_home(console: Console, words: list[str]) -> None:
    console.unset("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")

    code, message, hint = console(*words).error

    assert (code, message) == (2, "there is no home folder")
    assert hint.startswith("set HOME, XDG_")


def test_no_home_and_a_bug_at_once_still_leave_a_file(tmp_path: Path) -> None:
    """What is needed to tell of a bug is not there either: it goes into a temporary folder."""
    broken = tmp_path / "runner" / "cli"
    broken.mkdir(parents=True)
    environ = {
        name: value for name, value in os.environ.items() if name not in {"HOME"} and "XDG" not in name
    }
    program = (
        "from runner.cli import main\n"
        "main.COMMANDS['list'] = 'runner.cli.tasks:nothing'\n"
        "raise SystemExit(main.run(['list']))\n"
    )
    arguments = python_runner()
    done = subprocess.run(
        [arguments["args"][0], "-c", program],
        env=environ | {"PYTHONPATH": arguments["env"]["PYTHONPATH"], "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 70
    assert done.stderr.startswith("error: this is a bug in runner: AttributeError: ")
    assert f"hint: the details are in {tmp_path}/runner-" in done.stderr


def test_a_state_folder_that_cannot_be_written(console: Console, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    console.set(RUNNER_STATE_DIR=str(tmp_path / "file" / "below"))

    said = console("submit", "x")

    assert said.code == 5
    assert str(tmp_path / "file") in said.error[1]


def test_no_git(console: Console, tmp_path: Path) -> None:
    console.set(PATH=str(tmp_path))
    assert shutil.which("git") is None

    code, message, hint = console("claim").error

    assert code == 5
    assert message == "git was not found"
    assert hint
