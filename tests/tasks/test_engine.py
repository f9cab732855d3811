"""Batches of commands in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runner.errors import Busy, NothingToClaim, UnknownTask, UsageProblem
from runner.storage.database import Database
from runner.tasks.commands import CancelTask, CompleteTask, Granted, Renewed, RenewLease
from runner.tasks.embedded import EmbeddedBoard
from runner.tasks.engine import execute
from runner.tasks.model import Ending, Outcome, Report, Status, Task, TaskFilter
from tests.support.queues import START
from tests.tasks.batches import carry_out, claim, create


def test_a_batch_is_answered_in_its_order(database: Database) -> None:
    replies = carry_out(
        database,
        create("one", "r-1"),
        claim("ada", "r-2"),
        RenewLease(task_id="T-1", fence=1, report=Report(progress=10)),
        CompleteTask(task_id="T-1", fence=1, ending=Ending(outcome=Outcome.DONE)),
    )

    assert [type(reply) for reply in replies] == [Task, Granted, Renewed, Task]
    assert isinstance(replies[3], Task)
    assert replies[3].status is Status.COMPLETED


def test_a_bad_command_spoils_none_of_the_others(database: Database) -> None:
    replies = carry_out(
        database,
        create("one", "r-1"),
        create("", "r-2"),
        CancelTask(task_id="T-9"),
        claim("ada", "r-3"),
        claim("bob", "r-4"),
        create("two", "r-5"),
    )

    assert [type(reply) for reply in replies] == [
        Task,
        UsageProblem,
        UnknownTask,
        Granted,
        NothingToClaim,
        Task,
    ]
    tasks = EmbeddedBoard(database).list(TaskFilter())
    assert [(task.id, task.claimed_by) for task in tasks] == [("T-1", "ada"), ("T-2", None)]


def test_no_command_at_all_is_fine(database: Database) -> None:
    assert carry_out(database) == ()


def test_waiting_claims_of_one_batch_get_different_tasks(database: Database) -> None:
    carry_out(database, *(create(f"task {number}", f"c-{number}") for number in range(20)))

    replies = carry_out(database, *(claim(f"agent {number}", f"r-{number}") for number in range(21)))

    taken = [reply.task.id for reply in replies if isinstance(reply, Granted)]
    assert sorted(set(taken)) == sorted(taken)
    assert len(taken) == 20
    assert isinstance(replies[20], NothingToClaim)


def test_a_failure_of_the_store_acknowledges_nothing(database: Database, tmp_path: Path) -> None:
    carry_out(database, create("one", "r-1"))

    with closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another program"):
            carry_out(database, create("two", "r-2"))

    assert len(EmbeddedBoard(database).list(TaskFilter())) == 1
    assert isinstance(carry_out(database, create("two", "r-2"))[0], Task)


def test_a_bug_in_the_middle_of_a_batch_undoes_all_of_it(database: Database) -> None:
    carry_out(database, create("one", "r-1"))

    with pytest.raises(ZeroDivisionError):
        execute(
            database,
            (
                claim("ada", "r-2"),
                CompleteTask(task_id="T-1", fence=1, ending=Ending(outcome=Outcome.TIMEOUT)),
            ),
            now=lambda: START,
            jitter=lambda: 1 / 0,
        )

    assert EmbeddedBoard(database).get("T-1").status is Status.PENDING
