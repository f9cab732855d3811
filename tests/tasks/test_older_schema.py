"""A queue that an earlier program wrote is opened by this one, and goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.storage.database import Database
from runner.storage.migrations import Schema
from runner.storage.protocol import Value, Writing
from runner.storage.times import microseconds
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import Ending, Outcome, Priority, Status, TaskChange
from runner.tasks.schema import TASKS
from runner.tasks.wire import to_plain
from tests.support.queues import ALL, PROJECT, START, Hands, QueueUnderTest
from tests.tasks.test_wire import FULL

NOW = microseconds(START)
OLD_TASK: Mapping[str, Value] = {
    "project": PROJECT,
    "title": "Fix the clock",
    "priority": "high",
    "labels": "bug\nui",
    "requires": "",
    "files": "clock.py\t3\t9",
    "needs": "",
    "max_attempts": 3,
    "model": None,
    "created_at": NOW,
    "updated_at": NOW,
    "status": "pending",
    "ready_at": NOW,
    "order_key": NOW,
    "waiting": 0,
    "not_before": None,
    "fence": 0,
    "claimed_by": None,
    "claimed_at": None,
    "run_id": "",
    "lease": None,
    "lease_until": None,
    "series": 1,
    "attempts_used": 0,
    "progress": 0,
    "note": "half",
    "conversation": None,
    "fail_reason": "",
}


def insert(tx: Writing, table: str, row: Mapping[str, Value]) -> None:
    marks = ", ".join("?" * len(row))
    tx.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - our own names


@pytest.fixture(params=[1, 2], ids=["first", "waiting"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A queue as the program with so many migrations left it: one open task, and from the second on an archived one."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in TASKS.files()[: request.param]:
        shutil.copy(file, folder)
    path = tmp_path / "queue.db"
    with (
        Database(path, schemas=(Schema(name=TASKS.name, folder=folder),)) as database,
        database.transaction() as tx,
    ):
        insert(tx, "task", OLD_TASK)
        insert(tx, "task_text", {"task": 1, "description": "It is late.", "question": "", "answer": ""})
        for label in ("bug", "ui"):
            insert(tx, "task_label", {"task": 1, "label": label})
        if request.param > 1:
            told = {
                name: value for name, value in to_plain(FULL).items() if name not in ("closes", "archived_at")
            }
            insert(tx, "task_archive", {
                "number": 7, "archived_at": NOW, "status": "failed", "task": json.dumps(told),
            })  # fmt: skip
    return path


def queue_in(database: Database) -> QueueUnderTest:
    clock = (hands := Hands()).clock()
    return QueueUnderTest(
        claims=EmbeddedClaims(database, clock=clock), board=EmbeddedBoard(database, clock=clock), hands=hands
    )


def test_looking_at_it_shows_its_tasks_which_close_nothing(old: Path) -> None:
    before = old.read_bytes()

    with Database(old, schemas=(TASKS,)) as database:
        queue = queue_in(database)
        (task,) = queue.all()

    assert (task.title, task.description, task.labels, task.note) == (
        "Fix the clock", "It is late.", ("bug", "ui"), "half",
    )  # fmt: skip
    assert (task.priority, task.files[0].end, task.closes) == (Priority.HIGH, 9, ())
    assert old.read_bytes() == before


def test_it_is_gone_on_with(old: Path) -> None:
    with Database(old, schemas=(TASKS,)) as database:
        queue = queue_in(database)
        changed = queue.board.update("T-1", TaskChange(closes=("12",)))
        claimed = queue.take()
        done = queue.claims.complete(claimed.lease, Ending(outcome=Outcome.DONE))
        added = queue.add(closes=("acme/widget#3",))

    with Database(old, schemas=(TASKS,)) as database:
        tasks = {task.id: task for task in EmbeddedBoard(database).list(ALL)}

    assert (changed.closes, claimed.task.closes, done.closes) == (("#12",), ("#12",), ("#12",))
    assert tasks == {"T-1": done, added.id: added}
    assert (tasks["T-1"].status, tasks["T-1"].labels) == (Status.COMPLETED, ("bug", "ui"))


@pytest.mark.parametrize("old", [2], indirect=True)
def test_what_it_archived_can_be_looked_at(old: Path) -> None:
    with Database(old, schemas=(TASKS,)) as database:
        queue = queue_in(database)
        task = queue.board.get("T-7")

    assert (task.title, task.closes, task.archived_at) == (FULL.title, (), START)
