"""What may be wrong when somebody types `runner claim`: one line that says what, one that says what to do.

Whatever it is, the task is free again, nothing is held of the allowance, no branch and no work tree is left.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.console import Console, is_as_before, python_runner
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    """With a task in the queue that a recorded claude could do."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add", "--label", "bug")
    return console


@pytest.mark.parametrize(
    "words",
    [["claim"], ["claim", "--dry-run"], ["submit", "x"], ["context", "T-1"], ["trust"], ["replay", "r-1"]],
)
def test_not_a_repository(console: Console, tmp_path: Path, words: list[str]) -> None:
    console.stand_in(tmp_path)

    code, message, hint = console(*words).error

    assert (code, message) in {
        (2, f"{tmp_path} is not in a git repository"),
        (1, "no run starts with 'r-1'"),
    }
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


def test_no_git(console: Console, tmp_path: Path) -> None:
    console.set(PATH=str(tmp_path))
    assert shutil.which("git") is None

    code, message, hint = console("claim").error

    assert code == 5
    assert message == "git was not found"
    assert hint


@pytest.mark.parametrize("words", [["list"], ["status"], ["show", "T-1"], ["submit", "Fix add"]])
def test_a_profile_that_is_none_is_refused_by_every_command(console: Console, words: list[str]) -> None:
    code, message, hint = console("--profile", "nope", *words).error

    assert code == 2
    assert "nope" in message
    assert hint


def test_an_env_file_that_is_no_utf_8_is_told(console: Console, repository: Sandbox) -> None:
    (repository.path / ".env").write_bytes("AGENTIC_PROJECT=x\n".encode("utf-16"))

    said = console("status")

    assert ".env is not UTF-8" in said.err


def test_the_progress_of_an_ended_task_is_settled(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("complete", "T-1")

    assert console("update", "T-1", "--progress", "0").error[1] == "T-1 is completed: its progress is settled"
    console.ok("update", "T-1", "--progress", "100")
    console.ok("update", "T-1", "--progress", "100", "--note", "still so")
    console.ok("requeue", "T-1")
    console.ok("update", "T-1", "--status", "completed", "--progress", "100")
    assert console.show("T-1")["progress"] == 100


def test_a_tool_that_claude_does_not_have_is_refused(console: Console) -> None:
    code, message, hint = console("ask", "why?", "--tools", "Bash,Foo").error

    assert (code, message) == (2, "claude has no tool 'Foo'")
    assert "Bash, Edit" in hint


def test_trust_in_a_bare_repository_says_so(console: Console, tmp_path: Path) -> None:
    console.stand_in(Sandbox.create(tmp_path / "bare.git", bare=True).path)

    assert "is a bare repository" in console("trust", "--yes").error[1]
