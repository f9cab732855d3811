"""The folder of a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.errors import StoreFailed, UnknownRun, UnknownTask, UsageProblem
from runner.runs.model import Step
from runner.runs.record import SIZE_LIMIT_BYTES, RunRecord, list_runs, open_run, read_json

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def make(runs: Path, run_id: str = "r-1") -> RunRecord:
    return RunRecord.create(runs, run_id, lambda: NOW, agent_id="me")


def test_the_intent_is_on_disk_before_the_act_and_the_fact_after(tmp_path: Path) -> None:
    record = make(tmp_path)

    with record.step(Step.PUSH, branch="fix/x") as facts:
        during = json.loads((record.folder / "run.json").read_text())["steps"][0]
        facts["remote"] = "origin"
    after = json.loads((record.folder / "run.json").read_text())["steps"][0]

    assert during == {"name": "push", "intent_at": NOW.isoformat(), "intent": {"branch": "fix/x"}}
    assert after["fact"] == {"remote": "origin"}
    assert after["done_at"] == NOW.isoformat()


def test_a_step_that_breaks_off_keeps_its_intent_and_has_no_fact(tmp_path: Path) -> None:
    record = make(tmp_path)

    with pytest.raises(ZeroDivisionError), record.step(Step.COMMIT):
        raise ZeroDivisionError

    (step,) = json.loads((record.folder / "run.json").read_text())["steps"]
    assert "done_at" not in step


def test_only_the_owner_may_read_a_run(tmp_path: Path) -> None:
    record = make(tmp_path / "runs")

    assert record.folder.stat().st_mode & 0o777 == 0o700
    assert (record.folder / "run.json").stat().st_mode & 0o777 == 0o600


def test_runs_are_listed_newest_first_and_found_by_their_beginning(tmp_path: Path) -> None:
    for run_id in ("r-20261121-1", "r-20261122-1", "r-20261122-2"):
        make(tmp_path, run_id)
    (tmp_path / "by-hand-T-1").mkdir()

    assert [folder.name for folder in list_runs(tmp_path)] == ["r-20261122-2", "r-20261122-1", "r-20261121-1"]
    assert open_run(tmp_path, "r-20261121").run_id == "r-20261121-1"
    assert open_run(tmp_path, "r-20261122-1").run_id == "r-20261122-1"


def test_no_runs_is_no_error(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nothing") == ()


def test_an_unknown_run_is_told_like_an_unknown_task(tmp_path: Path) -> None:
    with pytest.raises(UnknownRun, match=r"^no run starts with 'r-1999'$") as caught:
        open_run(tmp_path, "r-1999")

    assert caught.value.exit_code == UnknownTask.exit_code == 1


@pytest.mark.parametrize("run_id", ["r-2026", "", "../x", ".hidden"])
def test_what_names_no_single_run_is_refused(tmp_path: Path, run_id: str) -> None:
    make(tmp_path, "r-2026-1")
    make(tmp_path, "r-2026-2")

    with pytest.raises(UsageProblem) as caught:
        open_run(tmp_path, run_id)

    assert caught.value.hint == "`runner runs` lists them"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, '{"a":' * 100_000])
def test_a_damaged_run_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)

    with pytest.raises(StoreFailed, match=r"run\.json"):
        read_json(tmp_path / "run.json")


def test_a_record_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "run.json").open("wb") as file:
        file.truncate(SIZE_LIMIT_BYTES + 1)

    with pytest.raises(StoreFailed, match="is larger than"):
        read_json(tmp_path / "run.json")


def test_a_run_that_never_got_a_task_can_be_removed(tmp_path: Path) -> None:
    record = make(tmp_path)

    record.discard()

    assert list_runs(tmp_path) == ()
