"""Many processes, one queue: each task is taken once, and a kill at any moment loses nothing acknowledged."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard
from runner.tasks.model import NewTask, Status
from runner.tasks.schema import TASKS
from tests.support.queues import ALL

ROOT = Path(__file__).parents[2]


def start(database: Path, name: str, what: str, count: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.queue_worker", str(database), name, what, str(count)],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(workers: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Their lines; every one of them must have ended well."""
    told = [worker.communicate(timeout=90) for worker in workers]
    assert [errors for _, errors in told if errors] == []
    assert {worker.returncode for worker in workers} == {0}
    return [output.split("\n")[:-1] for output, _ in told]


def test_eight_processes_take_each_of_forty_tasks_exactly_once(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with Database(path, schemas=(TASKS,)) as database:
        board = EmbeddedBoard(database)
        for number in range(40):
            board.create(NewTask(title=f"task {number}", project="p"), request_id=f"{number}")

    taken = finished([start(path, f"agent-{number}", "claim") for number in range(8)])

    ids = [task_id for one in taken for task_id in one]
    assert sorted(ids, key=lambda task_id: int(task_id[2:])) == [f"T-{number}" for number in range(1, 41)]
    with Database(path, schemas=(TASKS,)) as database:
        holders = {task.id: task.claimed_by for task in EmbeddedBoard(database).list(ALL)}
    for number, one in enumerate(taken):
        assert all(holders[task_id] == f"agent-{number}" for task_id in one)


def test_processes_that_meet_in_an_empty_folder_make_one_queue(tmp_path: Path) -> None:
    path = tmp_path / "fresh/state/queue.db"

    told = finished([start(path, f"agent-{number}", "submit", 3) for number in range(6)])

    ids = [task_id for one in told for task_id in one]
    assert sorted(ids, key=lambda task_id: int(task_id[2:])) == [f"T-{number}" for number in range(1, 19)]


@pytest.mark.parametrize("words", [(1, 2), (5, 9), (31, 18)])
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, words: tuple[int, int]) -> None:
    kill_while_writing(tmp_path / "queue.db", words)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1, 61))
def test_no_kill_of_many_loses_anything_that_was_acknowledged(tmp_path: Path, first: int) -> None:
    kill_while_writing(tmp_path / "queue.db", (first, first * 7 % 40 + 1))


def kill_while_writing(path: Path, words: tuple[int, int]) -> None:
    """Kill two writers after so many words of theirs; what they said is true, and the next process just goes on."""
    workers = [start(path, name, "both", 10_000) for name in ("ada", "bob")]
    told: dict[str, str] = {}
    for worker, count in zip(workers, words, strict=True):
        assert worker.stdout is not None
        for _ in range(count):
            status, task_id = worker.stdout.readline().split()
            told[task_id] = status
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
    for worker in workers:
        with worker:  # its pipe is read to the end here, also what was buffered above
            assert worker.stdout is not None
            told |= {line.split()[1]: line.split()[0] for line in worker.stdout.read().split("\n")[:-1]}

    stored = look(path)

    order = [Status.PENDING, Status.IN_PROGRESS, Status.COMPLETED]
    for task_id, status in told.items():
        assert order.index(stored[task_id]) >= order.index(Status(status))
    assert len(stored) <= len(told) + 2  # each writer had at most one submission on its way


def look(path: Path) -> dict[str, Status]:
    """What a process that starts afterwards finds, and that it can go on."""
    with Database(path, schemas=(TASKS,), timeout_s=10.0) as database:
        board = EmbeddedBoard(database)
        found = {task.id: task.status for task in board.list(ALL)}
        board.create(NewTask(title="after", project="p"), request_id="after")
        assert len(board.list(ALL)) == len(found) + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return found
