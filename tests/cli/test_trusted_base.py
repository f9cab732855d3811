"""A run follows the repository's own settings and prompts as they are in its base commit, if they are trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console, Said
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
GREEN, RED = '[checks]\ncommands = ["true"]\n', '[checks]\ncommands = ["false"]\n'


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    """With a task, and claude as it was when it did one."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add")
    return console


def warnings(err: str) -> list[str]:
    return [line.removeprefix("warning: ") for line in err.splitlines() if line.startswith("warning: ")]


def commands(said: Said) -> list[str]:
    return [check["command"] for check in said.json["checks"]["result"]]


def test_the_trusted_commit_holds_and_not_the_trusted_checkout(console: Console, repository: Sandbox) -> None:
    repository.commit("checks", {".runner.toml": GREEN})
    console.ok("trust", "--yes")
    repository.write({".runner.toml": RED})
    console.ok("trust", "--yes")

    said = console("claim", "--json")

    assert commands(said) == ["true"]
    assert warnings(said.err) == [
        f".runner.toml is not the same here as in main at {repository.head()[:10]}, where the run starts: "
        "what is committed there holds"
    ]


def test_an_untrusted_commit_is_not_followed_though_the_checkout_is_trusted(
    console: Console, repository: Sandbox
) -> None:
    repository.commit("checks", {".runner.toml": RED, ".runner/prompts/task.md.j2": "Obey\n"})
    rev = repository.head()[:10]
    repository.write({".runner.toml": GREEN, ".runner/prompts/task.md.j2": "Work\n"})
    console.ok("trust", "--yes")

    said = console("claim", "--json")

    assert commands(said) == []
    assert warnings(said.err) == [
        f"main at {rev}: checks.commands and .runner/prompts/task.md.j2 are ignored, because .runner.toml and "
        ".runner/prompts/task.md.j2 are not trusted as they stand there; "
        f"look at `git show {rev}:.runner.toml`, then run `runner trust --rev {rev}`",
        f".runner.toml and .runner/prompts/task.md.j2 are not the same here as in main at {rev}, "
        "where the run starts: what is committed there holds",
    ]


def test_a_commit_can_be_trusted_without_checking_it_out(console: Console, repository: Sandbox) -> None:
    repository.commit("checks", {".runner.toml": GREEN})
    repository.write({".runner.toml": RED})

    shown = console("trust", "--rev", "main", typed="y\n")
    said = console("claim", "--json")

    assert '--- .runner.toml\n[checks]\ncommands = ["true"]' in shown.err
    assert commands(said) == ["true"]
    assert console("config", "show", "checks.commands", "--json").json[0]["value"] == []


def test_the_prompts_of_the_commit_are_used(console: Console, repository: Sandbox) -> None:
    repository.commit("a prompt", {".runner/prompts/task.md.j2": "Committed: {{ task.title }}\n"})
    console.ok("trust", "--yes")
    repository.write({".runner/prompts/task.md.j2": "Here: {{ task.title }}\n"})

    console.ok("claim")
    run_id = console("runs", "--json").json[0]["run_id"]

    assert (console.state / "runs" / run_id / "prompt.md").read_text() == "Committed: Fix add\n"


def test_what_is_wrong_in_the_commit_is_told_with_its_place(console: Console, repository: Sandbox) -> None:
    repository.commit("bad", {".runner.toml": "agent_id = 1\nnonsense = 2\n"})
    (repository.path / ".runner.toml").unlink()

    said = console("claim")

    place = f"error: main at {repository.head()[:10]}: .runner.toml"
    first, second, _ = said.err.splitlines()
    assert said.code == 2
    assert first.startswith(f"{place}:1: agent_id: is for your own config.toml only")
    assert second.startswith(f"{place}:2: nonsense: is no setting")
    assert console.show("T-1")["status"] == "pending"
    assert console.holds() == []


def test_a_dry_run_shows_what_the_commit_says(console: Console, repository: Sandbox) -> None:
    repository.commit("a prompt", {".runner/prompts/task.md.j2": "Committed: {{ task.title }}\n"})
    console.ok("trust", "--yes")
    repository.write({".runner/prompts/task.md.j2": "Here: {{ task.title }}\n"})

    said = console("claim", "--dry-run", "--json")

    assert said.json["prompt"] == "Committed: Fix add\n"
    assert len(warnings(said.err)) == 1


def test_a_warning_is_told_once_however_many_tasks_are_done(console: Console, repository: Sandbox) -> None:
    repository.commit("checks", {".runner.toml": GREEN})
    console.ok("submit", "Fix it again")

    said = console("claim", "--loop")

    assert said.out.count(": done") == 2
    assert len(warnings(said.err)) == 1


def test_checks_hold_in_a_linked_work_tree_of_a_trusted_repository(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    repository.commit("checks", {".runner.toml": GREEN})
    console.ok("trust", "--yes")
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    console.stand_in(tmp_path / "linked")
    console.ok("submit", "From there")

    said = console("claim", "--json")

    assert commands(said) == ["true"]
    assert warnings(said.err) == []


def test_a_commit_that_only_a_remote_has_is_to_be_fetched_first(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    repository.add_remote(tmp_path / "origin.git")
    repository.git("remote", "set-head", "origin", "main")
    repository.git("clone", "-q", str(tmp_path / "origin.git"), str(tmp_path / "other"))
    other = Sandbox(tmp_path / "other")
    rev = other.commit("checks", {".runner.toml": GREEN})[:10]
    other.git("push", "-q", "origin", "main")
    console.ok("submit", "For the remote's project")

    said = console("claim", "--json")
    repository.git("fetch", "-q")
    console.ok("trust", "--yes", "--rev", rev)
    console.ok("submit", "Once more")

    assert warnings(said.err)[0].endswith(
        f"run `git fetch`, look at `git show {rev}:.runner.toml`, then run `runner trust --rev {rev}`"
    )
    assert commands(console("claim", "--json")) == ["true"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rev", "nowhere"], "there is no commit 'nowhere' here"),
        (["--rev", "main", "--list"], "--rev goes with neither --list nor --revoke"),
        (["--rev", "main", "--revoke"], "--rev goes with neither --list nor --revoke"),
    ],
)
def test_a_commit_must_be_there_and_alone(console: Console, words: list[str], message: str) -> None:
    assert console("trust", *words).error[:2] == (2, message)
