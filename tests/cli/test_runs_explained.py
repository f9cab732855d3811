"""`runner runs show`: what became of a run, and what to type next."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from runner.allowance.holder import holder_of_this_process
from tests.cli.console import Console
from tests.cli.test_runs import CHECK, FIXED
from tests.support.git import Sandbox
from tests.support.recordings import record


@pytest.fixture
def run_id(console: Console, repository: Sandbox, tmp_path: Path) -> str:
    """A run that is over."""
    repository.commit("a check", CHECK)
    console.ok("trust", "--yes")
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add", "--label", "bug")
    return str(console("claim", "--json").json["run_id"])


def unfinish(folder: Path, **facts: Any) -> None:
    """Make a record what a kill would have left; a fact that is None is taken out."""
    (folder / "outcome.json").unlink()
    record = {**json.loads((folder / "run.json").read_text()), "outcome": None, "holder": None, **facts}
    (folder / "run.json").write_text(
        json.dumps({name: fact for name, fact in record.items() if fact is not None})
    )


def test_a_run_without_an_end_is_unfinished(console: Console, run_id: str) -> None:
    unfinish(console.state / "runs" / run_id, judgement=None, ending=None)

    row = console("runs", "--json").json[0]
    shown = console("runs", "show", run_id, "--json").json

    assert (row["outcome"], row["state"]) == ("unfinished", "unfinished")
    assert shown["outcome"] is None
    assert shown["next"] == f"runner resume {run_id}"
    assert "outcome:      unfinished" in console.ok("runs", "show", run_id)


def test_a_run_whose_delivery_waits_says_why(console: Console, run_id: str) -> None:
    waiting = {"cause": "no network", "until": "2026-11-22T15:30:00+00:00", "tries": 1}
    unfinish(console.state / "runs" / run_id, waiting=waiting)

    assert console("runs", "--json").json[0]["state"] == "waiting"
    assert "it waits, until 2026-11-22 15:30 UTC: no network." in console.ok("runs", "show", run_id)


def test_a_run_at_work_names_its_process(console: Console, run_id: str) -> None:
    holder = holder_of_this_process()
    unfinish(console.state / "runs" / run_id, holder=asdict(holder))

    assert console("runs", "--json").json[0]["state"] == "running"
    assert f"Process {holder.pid} is at work on it" in console.ok("runs", "show", run_id)
    assert f"next: runner stop {run_id}" in console.ok("runs", "show", run_id)


def test_an_outcome_of_another_version_is_said_to_be_unknown(console: Console, run_id: str) -> None:
    folder = console.state / "runs" / run_id
    for name in ("run.json", "outcome.json"):
        (folder / name).write_text((folder / name).read_text().replace('"done"', '"splendid"'))

    assert "its outcome 'splendid' is not known to this version." in console.ok("runs", "show", run_id)


def test_a_finished_run_is_explained_with_the_next_command(console: Console, run_id: str) -> None:
    shown = console("runs", "show", run_id, "--json").json

    assert shown["explanation"].startswith(
        "The change passed the checks and is on the branch fix/T-1-fix-add of"
    )
    assert shown["next"] == "git diff main...fix/T-1-fix-add"
    assert f"\n{shown['explanation']}\nnext: {shown['next']}\n" in console.ok("runs", "show", run_id)


@pytest.mark.parametrize("queue", ["gone", "damaged", "of_others"])
def test_a_run_is_explained_without_its_queue(console: Console, run_id: str, queue: str) -> None:
    for file in console.state.glob("queue.db*"):
        file.unlink()
    if queue == "damaged":
        (console.state / "queue.db").write_text("rubbish" * 1000)
    if queue == "of_others":
        console.ok("list")

    assert console("runs", "show", run_id, "--json").json["explanation"].startswith("The change passed")


@pytest.mark.parametrize(("name", "expected"), [("r-1", 1), ("../runs", 2), ("", 2), ("..", 2)])
@pytest.mark.parametrize("command", [["runs", "show"], ["replay"]])
def test_an_unknown_run_is_told(console: Console, command: list[str], name: str, expected: int) -> None:
    code, _, hint = console(*command, name).error

    assert (code, hint) == (expected, "`runner runs` lists them")


def test_a_red_check_that_was_red_before_and_the_warnings_are_told(console: Console, run_id: str) -> None:
    path = console.state / "runs" / run_id / "outcome.json"
    told = json.loads(path.read_text())
    red = {"command": "ruff", "exit_code": 1, "timed_out": False, "tail": ""}
    told["warnings"] = ["a copy of `notes.txt` is kept"]
    told["checks"] = {"base": [*told["checks"]["base"], red], "result": [*told["checks"]["result"], red]}
    path.write_text(json.dumps(told))

    shown = console.ok("runs", "show", run_id)

    assert "turned no green check red (`ruff` was red before, and still is)" in shown
    assert "warning:      a copy of `notes.txt` is kept" in shown
