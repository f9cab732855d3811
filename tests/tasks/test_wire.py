"""Tasks as plain values and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runner.tasks.model import Attempt, FileReference, Outcome, ParkedFor, Priority, Status, Task, TaskResult
from runner.tasks.wire import task_from_plain, to_plain

NOW = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)

FULL = Task(
    id="T-7",
    title="Fix the clöck",
    project="github.com/acme/widget",
    description="It is\nlate.",
    priority=Priority.HIGH,
    status=Status.FAILED,
    labels=("bug", "good first issue"),
    requires=("gpu",),
    files=(FileReference(path="a.py", start=1, end=2), FileReference(path="b.py")),
    needs=("T-1",),
    closes=("#12", "acme/widget#7"),
    max_attempts=1,
    model="opus",
    created_at=NOW,
    updated_at=NOW + timedelta(seconds=1),
    fence=3,
    claimed_by="ada",
    claimed_at=NOW,
    run_id="r-2",
    lease_until=NOW + timedelta(seconds=60),
    not_before=NOW,
    parked_for=ParkedFor.RETRY,
    archived_at=NOW + timedelta(days=90),
    progress=40,
    note="half",
    question="?",
    answer="!",
    fail_reason="red",
    result=TaskResult(success=False, output="o", error="e", artifacts=("x",)),
    conversation="c-1",
    attempts=(
        Attempt(number=1, outcome=Outcome.TIMEOUT, cause="slow", agent_id="ada", run_id="r-1", ended_at=NOW),
    ),
)


def test_a_task_survives_the_way_to_json_and_back() -> None:
    assert task_from_plain(json.loads(json.dumps(to_plain(FULL)))) == FULL


def test_a_task_without_anything_optional_survives_too() -> None:
    bare = Task(
        id="T-1",
        title="t",
        project="p",
        description="",
        priority=Priority.LOW,
        status=Status.PENDING,
        labels=(),
        requires=(),
        files=(),
        needs=(),
        max_attempts=3,
        model=None,
        created_at=NOW,
        updated_at=NOW,
    )

    assert task_from_plain(json.loads(json.dumps(to_plain(bare)))) == bare


def test_a_task_that_was_written_before_it_had_these_fields_is_read() -> None:
    later = ("run_id", "lease_until", "parked_for", "archived_at", "closes")
    old = {name: value for name, value in to_plain(FULL).items() if name not in later}

    assert task_from_plain(old) == replace(
        FULL, run_id="", lease_until=None, parked_for=None, archived_at=None, closes=()
    )


def test_names_of_fields_are_keys_and_times_are_iso() -> None:
    plain = to_plain(FULL)

    assert plain["status"] == "failed"
    assert plain["created_at"] == "2026-03-01T12:00:00.000250+00:00"
    assert plain["files"][0] == {"path": "a.py", "start": 1, "end": 2}


@pytest.mark.parametrize(
    "change", [{"status": "lost"}, {"created_at": "today"}, {"surprise": 1}, {"result": {}}]
)
def test_what_is_no_task_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        task_from_plain({**to_plain(FULL), **change})
