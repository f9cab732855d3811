"""`runner runs`, `runner replay` and `runner status`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
CHECK = {
    "check_calc.py": "from calc import add\n\nassert add(2, 3) == 5, add(2, 3)\n",
    ".runner.toml": '[checks]\ncommands = ["python3 check_calc.py"]\n',
}


@pytest.fixture
def console(console: Console, repository: Sandbox, tmp_path: Path) -> Console:
    """After one run."""
    repository.commit("a check", CHECK)
    console.ok("trust", "--yes")
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add", "--label", "bug")
    console.ok("claim")
    return console


@pytest.fixture
def run_id(console: Console) -> str:
    return str(console("runs", "--json").json[0]["run_id"])


def test_runs_are_a_table_newest_first(console: Console, run_id: str) -> None:
    console.ok("submit", "Again")
    console.ok("claim", "--no-pr")

    shown = [line.split() for line in console.ok("runs").splitlines()]

    assert shown[0] == ["RUN", "TASK", "OUTCOME", "COST", "PULL", "REQUEST"]
    assert [row[1] for row in shown[1:]] == ["T-2", "T-1"]
    assert shown[1][2:] == ["done", "$0.0050", "-"]
    assert shown[2][0] == run_id
    assert len(console.ok("runs", "--limit", "1").splitlines()) == 2


def test_runs_as_json_have_a_stable_schema(console: Console, run_id: str) -> None:
    assert console("runs", "--json").json == [
        {
            "run_id": run_id,
            "task_id": "T-1",
            "outcome": "done",
            "cost_usd": 0.005,
            "pull_request": f"file://{console.state}/runs/{run_id}/pull_request.md",
            "state": "finished",
        }
    ]


def test_a_machine_without_runs_says_so_to_people(console: Console) -> None:
    console.set(RUNNER_STATE_DIR=str(console.home / "other"))

    people, programs = console("runs"), console("runs", "--json")

    assert (people.code, people.out, people.err) == (0, "", "no runs; `runner claim` makes one\n")
    assert (programs.code, programs.out) == (0, "[]\n")


def test_a_damaged_run_does_not_hide_the_others(console: Console, run_id: str) -> None:
    folder = console.state / "runs" / "r-20200101-000000-abcdef"
    folder.mkdir()
    (folder / "run.json").write_text("{")

    rows = console("runs", "--json").json

    assert [(row["run_id"], row["outcome"]) for row in rows] == [(run_id, "done"), (folder.name, "damaged")]


@pytest.mark.parametrize("name", ["run.json", "outcome.json"])
def test_a_damaged_run_is_shown_with_what_is_wrong(console: Console, run_id: str, name: str) -> None:
    folder = console.state / "runs" / run_id
    (folder / name).write_text("[]")

    people, programs = console.ok("runs", "show", run_id), console("runs", "show", run_id, "--json").json

    assert "outcome:      damaged" in people
    assert f"{folder}/{name}: is not a JSON object." in people
    assert f"next: ls -la {folder}" in people
    assert programs["outcome"] is None
    assert (programs["run"] is None) == (name == "run.json")


def test_a_run_that_ended_before_claude_was_asked_is_given_back(console: Console) -> None:
    console.unset("RUNNER_CLAUDE_RECORDING")
    console.set(RUNNER_CLAUDE_PROGRAM="no-such-claude")
    console.ok("submit", "Again")
    assert console("claim").code == 5

    assert console("runs", "--json").json[0]["outcome"] == "given_back"


def test_one_run_is_shown_with_its_steps_and_checks(console: Console, run_id: str) -> None:
    shown = console.ok("runs", "show", run_id)

    assert shown.splitlines()[:4] == [
        f"run:          {run_id}",
        "task:         T-1",
        "outcome:      done",
        "cost:         $0.0050",
    ]
    assert f"folder:       {console.state}/runs/{run_id}" in shown
    assert "\n  push          done\n" in shown
    assert "base: python3 check_calc.py: exit 1\n" in shown
    assert "AssertionError: -1" in shown
    assert "result: python3 check_calc.py: exit 0" in shown


def test_a_run_that_failed_tells_its_cause_and_its_unfinished_step(console: Console, run_id: str) -> None:
    folder = console.state / "runs" / run_id
    (folder / "run.json").write_text(
        '{"id": "x", "claude_started": true, "steps": [{"name": "push", "intent_at": "now"}, "rubbish"],'
        ' "task": {"id": "T-1"}}'
    )
    (folder / "outcome.json").write_text(
        '{"outcome": "crashed", "cause": "cannot push\\nmore", "checks": {"base": 1}}'
    )

    shown = console.ok("runs", "show", run_id)

    assert "cause:        cannot push more" in shown
    assert "\nThe run broke off: cannot push more.\nnext: runner show T-1\n" in shown
    assert "  push          not finished" in shown


def test_a_run_id_may_be_shortened_as_long_as_it_means_one(console: Console, run_id: str) -> None:
    assert console("runs", "show", run_id[:12], "--json").json["run"]["id"] == run_id
    assert console("runs", "--json", "show", run_id).json["run"]["id"] == run_id
    (console.state / "runs" / f"{run_id}x").mkdir()
    (console.state / "runs" / f"{run_id}x/run.json").write_text("{}")
    assert console("runs", "show", run_id[:12]).error[:2] == (2, f"several runs start with '{run_id[:12]}'")


def test_a_replay_comes_to_the_same_twice_and_changes_nothing(
    console: Console, run_id: str, repository: Sandbox
) -> None:
    console.unset("RUNNER_CLAUDE_RECORDING")
    before = (repository.branches(), console("allowance", "show", "--json").json, console.show("T-1"))

    first, second = console("replay", run_id, "--json"), console("replay", run_id, "--json")

    assert first.code == second.code == 0
    assert first.json == second.json
    assert set(first.json) == {
        "run_id",
        "outcome",
        "cause",
        "tree",
        "same_tree",
        "changes",
        "checks",
        "usage",
    }
    assert first.json["checks"] == [{"command": "python3 check_calc.py", "exit_code": 0}]
    assert (repository.branches(), console("allowance", "show", "--json").json, console.show("T-1")) == before
    assert console.leftovers() == []


def test_a_replay_is_told_to_people(console: Console, run_id: str) -> None:
    assert console.ok("replay", run_id).splitlines() == [
        f"{run_id}: done",
        "changed: calc.py",
        "check:   python3 check_calc.py: passed",
        "cost:    $0.0050 (as recorded; nothing was spent now)",
        "the files came out as recorded",
    ]


def test_files_that_come_out_differently_are_a_failure(console: Console, run_id: str) -> None:
    patch = console.state / "runs" / run_id / "changes.patch"
    patch.write_text(patch.read_text().replace("a + b", "a * b"))

    said = console("replay", run_id)

    assert said.code == 1
    assert said.out.splitlines()[-1] == "the files came out DIFFERENTLY than recorded"
    assert "check:   python3 check_calc.py: failed" in said.out


def test_a_replay_in_another_repository_says_that_the_base_is_not_there(
    console: Console, run_id: str, tmp_path: Path
) -> None:
    console.stand_in(Sandbox.create(tmp_path / "other", files={"a": "b\n"}).path)

    code, message, hint = console("replay", run_id).error

    assert code == 5
    assert message.startswith("cannot make the work tree: invalid reference: ")
    assert hint == "this repository does not have the commit: go to the checkout that has, or fetch it"


def test_status_is_four_lines(console: Console) -> None:
    console.ok("submit", "Another")
    console.hold("r-other")

    lines = console.ok("status").splitlines()

    assert lines[:2] == ["Agent:     me", "Tasks:     1 pending, 0 in progress, 0 blocked, 0 failed"]
    assert "18 of 20 jobs a day left" in lines[2]
    assert lines[3] == "Running:   r-other"


def test_status_as_json_has_a_stable_schema(console: Console) -> None:
    value = console("status", "--json").json

    assert set(value) == {"agent", "tasks", "quotas", "running", "unfinished"}
    assert value["tasks"]["completed"] == 1
    assert set(value["tasks"]) == {"pending", "in_progress", "blocked", "completed", "failed", "cancelled"}
    assert set(value["quotas"][0]) == {"rule", "left", "limit"}
    assert value["running"] == []


def test_status_tells_what_was_cut_off_and_how_to_go_on_with_it(console: Console) -> None:
    folder = console.state / "runs/r-20990101-000000-000000"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"id": folder.name, "claude_started": True, "steps": []}))
    console.hold(folder.name)

    lines = console.ok("status").splitlines()

    assert lines[3:] == [
        "Running:   nothing",
        f"Cut off:   {folder.name}; `runner resume {folder.name}` goes on with it",
    ]


def test_status_without_limits_says_so(console: Console) -> None:
    for limit in ("--daily-tokens", "--daily-jobs", "--concurrent-jobs", "--daily-cost"):
        console.ok("allowance", "set", limit, "unlimited")

    assert console.ok("status").splitlines()[2:] == ["Allowance: unlimited", "Running:   nothing"]
