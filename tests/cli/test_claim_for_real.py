"""`runner claim` with the real claude against scripted answers, real git, and once with the real gh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.console import Console, Said, script
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.github import HOST, GitHub
from tests.peers.messages_api import Answer, MessagesApi, error, text, tool
from tests.support.git import Sandbox
from tests.support.needs import needs_program

CHECK = "python3 -m unittest -q"
FILES = {
    "test_calc.py": (
        "import unittest\n\nfrom calc import add\n\n\nclass AddTest(unittest.TestCase):\n"
        "    def test_add(self) -> None:\n        self.assertEqual(add(2, 3), 5)\n"
    ),
    ".runner.toml": f'[checks]\ncommands = ["{CHECK}"]\n',
    ".gitignore": "__pycache__/\n",
}
STORY = (
    tool("Read", file_path="{cwd}/calc.py"),
    tool("Edit", file_path="{cwd}/calc.py", old_string="a - b", new_string="a + b"),
    tool("Write", file_path="{cwd}/NEWS.md", content="add() adds.\n"),
    tool("Bash", command=CHECK),
    text("`add` subtracted; now it adds, and the test passes."),
)


@pytest.fixture
def console(console: Console, repository: Sandbox) -> Console:
    """With a failing test, the real claude, and a task."""
    repository.commit("a failing test", FILES)
    console.set(RUNNER_CLAUDE_PROGRAM=real_claude())
    console.ok("trust", "--yes")
    console.ok("submit", "Fix add", "-d", "add(2, 3) must be 5.", "--label", "bug", "--priority", "high")
    return console


def claim(console: Console, *answers: Answer, words: tuple[str, ...] = (), **variables: str) -> Said:
    """One claim with these answers of the API."""
    with MessagesApi(answers=answers) as api:
        console.set(**claude_environment(api.url, **variables))
        return console("claim", *words, "--json")


def spent_today(console: Console) -> dict[str, int]:
    rules = console("allowance", "show", "--json").json["rules"]
    return {rule["rule"]: rule["used"] for rule in rules}


@pytest.fixture
def github(repository: Sandbox, tmp_path: Path) -> Iterator[GitHub]:
    """A GitHub whose repository is the checkout's origin; git reaches it as if through ssh."""
    needs_program("gh")
    origin = Sandbox.create(tmp_path / "origin.git", bare=True)
    ssh = script(
        tmp_path / "ssh",
        "for last; do :; done\n"
        f"case $last in git-upload-pack*) exec git upload-pack {origin.path};;\n"
        f"git-receive-pack*) exec git receive-pack {origin.path};; esac\nexit 1\n",
    )
    repository.git("config", "core.sshCommand", ssh)
    repository.git("remote", "add", "origin", f"git@{HOST}:acme/widget.git")
    repository.git("push", "-q", "-u", "origin", "main")
    with GitHub(origin.path) as server:
        yield server


def test_from_text_to_a_pull_request_on_github(github: GitHub, console: Console, repository: Sandbox) -> None:
    console.set(**github.environment)
    repository.git("push", "-q", "origin", "main")
    console.ok("config", "set", "pull_request.labels", "agent,no-such-label")
    head, status = repository.head(), repository.git("status", "--porcelain")

    said = claim(console, *STORY)

    assert said.code == 0, said
    report = said.json
    origin = Sandbox(github.state.origin)
    run_id = report["run_id"]
    usage = report.pop("usage")
    assert usage.pop("seconds") > 0
    assert usage == {
        "input_tokens": 5000,
        "cache_read_tokens": 0,
        "output_tokens": 250,
        "cost_usd": pytest.approx(0.025),
        "turns": 5,
    }
    base, result = (_without_times(report["checks"][where]) for where in ("base", "result"))
    assert [(check["command"], check["exit_code"], check["timed_out"]) for check in base] == [
        (CHECK, 1, False)
    ]
    assert [(check["command"], check["exit_code"], check["timed_out"]) for check in result] == [
        (CHECK, 0, False)
    ]
    del report["checks"]
    assert report == {
        "run_id": run_id,
        "task_id": "T-1",
        "outcome": "done",
        "branch": "fix/T-1-fix-add",
        "commits": [origin.git("rev-parse", "fix/T-1-fix-add")],
        "pull_request": f"http://{HOST}/acme/widget/pull/1",
        "reservation": run_id,
        "cause": "",
        "question": "",
        "hint": "",
        "warnings": [f"{HOST}/acme/widget has no label 'no-such-label': left out"],
    }
    (pull,) = github.pulls
    assert (pull.title, pull.head, pull.base, pull.draft, pull.labels) == (
        "Fix add", "fix/T-1-fix-add", "main", False, ["agent"],
    )  # fmt: skip
    assert "`add` subtracted; now it adds" in pull.body
    assert "T-1" in pull.body
    assert origin.log("fix/T-1-fix-add")[0].startswith("fix: Fix add\n\n`add` subtracted")
    assert origin.git("diff", "--name-only", "main", "fix/T-1-fix-add").split() == ["NEWS.md", "calc.py"]
    assert (repository.head(), repository.git("status", "--porcelain")) == (head, status)
    assert repository.branches() == ["main"]
    assert console.show("T-1")["result"]["artifacts"] == [f"http://{HOST}/acme/widget/pull/1"]
    assert spent_today(console)["daily_tokens"] == 5250
    assert console.holds() == []
    assert console.leftovers() == []


def _without_times(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert all(isinstance(check["seconds"], float) and isinstance(check["tail"], str) for check in checks)
    return checks


@pytest.mark.parametrize(
    ("answers", "limits", "code", "outcome", "status", "attempts", "hint"),
    [
        ((error(401),), {}, 5, "auth", "pending", 0, "sign in with `claude`"),
        pytest.param(
            *((error(429),), {}, 5, "overloaded", "pending", 1, "the next `runner claim` tries again"),
            marks=pytest.mark.long,
        ),
        pytest.param(
            *((error(529),), {}, 5, "overloaded", "pending", 1, "the next `runner claim` tries again"),
            marks=pytest.mark.long,
        ),
        (STORY[:3], {"RUNNER_CLAUDE_MAX_TURNS": "2"}, 1, "turns", "pending", 1, "raise claude.max_turns"),
        (STORY[:3], {"cost": "0.004"}, 1, "budget", "pending", 1, "raise the run's cap"),
    ],
    ids=["401", "429", "529", "turns", "budget"],
)
def test_what_ends_a_run_early_is_told_charged_and_cleaned_up(
    console: Console,
    repository: Sandbox,
    answers: tuple[Answer, ...],
    limits: dict[str, str],
    code: int,
    outcome: str,
    status: str,
    attempts: int,
    hint: str,
) -> None:
    if "cost" in limits:
        console.ok("allowance", "set", "--run-cost", limits["cost"])
    console.set(**{name: value for name, value in limits.items() if name != "cost"})

    said = claim(console, *answers)

    report, task = said.json, console.show("T-1")
    assert (said.code, report["outcome"]) == (code, outcome)
    assert report["cause"]
    assert hint in report["hint"]
    assert (report["branch"], report["commits"], report["pull_request"]) == (None, [], None)
    assert (task["status"], len(task["attempts"])) == (status, attempts)
    assert task["not_before"] is not None
    assert (spent_today(console)["daily_cost"] > 0) == (outcome in {"turns", "budget"})
    assert console.holds() == []
    assert console.leftovers() == []
    assert repository.branches() == ["main"]


def test_not_signed_in_costs_nothing_and_says_what_to_do(console: Console, repository: Sandbox) -> None:
    said = claim(console, text("never"), ANTHROPIC_API_KEY="")

    assert (said.code, said.json["outcome"]) == (5, "auth")
    assert said.json["hint"].startswith("sign in with `claude`")
    assert spent_today(console)["daily_tokens"] == 0
    assert console.show("T-1")["attempts"] == []
    assert console.leftovers() == []
    assert repository.branches() == ["main"]
