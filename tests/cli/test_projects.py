"""A task is worked on only in a checkout of the repository that it belongs to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.git.repository import Repository
from runner.wiring.projects import names_of
from tests.cli.console import Console
from tests.support.git import Sandbox
from tests.support.recordings import record

ELSEWHERE = "claim it in a checkout of elsewhere; if this is one, say so: --project elsewhere"


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    made = record(tmp_path / "r-0", {"calc.py": "x = 1\n"}, scratch=tmp_path / "scratch")
    console.set(RUNNER_CLAUDE_RECORDING=str(made))
    return console


def test_tasks_of_other_repositories_are_never_taken(console: Console, repository: Sandbox) -> None:
    console.ok("submit", "Theirs", "--project", "elsewhere")
    here = repository.path

    alone, named, any_will_do = console("claim"), console("claim", "T-1"), console("claim", "--any-project")

    assert alone.code == 4
    assert named.error == (2, f"T-1 belongs to the project elsewhere, not to {here}", ELSEWHERE)
    assert any_will_do.error == (
        2,
        f"T-1 is ready, but belongs to the project elsewhere, and this checkout to {here}",
        ELSEWHERE,
    )
    assert console("claim", "--any-project", "--dry-run").error[0] == 2
    assert console("take", "T-1").error[:2] == (2, named.error[1])
    assert console.show("T-1")["status"] == "pending"
    assert console.holds() == []


def test_a_person_who_says_that_this_is_the_repository_is_believed(console: Console) -> None:
    console.ok("submit", "Theirs", "--project", "elsewhere")

    assert console("claim", "--project", "elsewhere", "T-1", "--json").json["task_id"] == "T-1"


def test_a_task_from_before_there_was_a_remote_is_ours(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    console.ok("submit", "Old")
    console.ok("submit", "Older")
    repository.add_remote(tmp_path / "origin.git")
    console.set(RUNNER_PROJECT="forge.test/acme/widget")

    alone = console("claim")
    first, named = console("claim", "--any-project", "--json"), console("claim", "T-2", "--json")

    assert alone.code == 4
    assert (first.json["task_id"], named.json["task_id"]) == ("T-1", "T-2")


def test_its_own_tasks_come_first_then_those_of_other_names(console: Console, repository: Sandbox) -> None:
    repository.git("remote", "add", "upstream", "https://forge.test/acme/widget")
    console.set(RUNNER_PROJECT="mine")
    console.ok("submit", "Upstream's", "--project", "forge.test/acme/widget", "--priority", "critical")
    console.ok("submit", "Mine")
    console.ok("submit", "Strange", "--project", "elsewhere", "--priority", "critical")

    shown = [
        console("claim", "--any-project", "--dry-run", "--json").json["task_id"],
        *(_after(console, task) for task in ("T-2", "T-1")),
    ]

    assert shown == ["T-2", "T-1", None]


def _after(console: Console, task: str) -> object:
    console.ok("complete", task)
    return console("claim", "--any-project", "--dry-run", "--json").json.get("task_id")


def test_when_nothing_is_ready_at_all_that_is_what_is_told(console: Console) -> None:
    code, message, _ = console("claim", "--any-project").error

    assert code == 4
    assert message.startswith("no task of ")


def test_a_loop_ends_where_only_tasks_of_others_are_left(console: Console) -> None:
    console.ok("submit", "Mine")
    console.ok("submit", "Theirs", "--project", "elsewhere")

    said = console("claim", "--any-project", "--loop")

    assert (said.code, said.out.count(": done")) == (0, 1)
    assert console.show("T-2")["status"] == "pending"


def test_a_repository_has_the_names_of_its_remotes_and_folders(repository: Sandbox, tmp_path: Path) -> None:
    repository.git("remote", "add", "origin", "git@forge.test:me/widget.git")
    repository.git("remote", "add", "upstream", "https://forge.test/acme/widget")
    repository.git("remote", "add", "disk", str(tmp_path / "backup.git"))
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    expected = {
        "forge.test/me/widget",
        "forge.test/acme/widget",
        str(repository.path),
        str(tmp_path / "linked"),
    }

    assert set(names_of(Repository.open(repository.path, source=os.environ, light=True))) == expected
    assert set(names_of(Repository.open(tmp_path / "linked", source=os.environ, light=True))) == expected


def test_a_task_that_is_not_there_is_told_first(console: Console) -> None:
    assert console("claim", "T-9").error[:2] == (1, "there is no task 'T-9'")
