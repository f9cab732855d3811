"""What is refused says why, and what would help, in one line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from runner.errors import (
    AlreadyClaimed,
    InvalidTransition,
    NothingToClaim,
    NotReady,
    RunnerError,
    UsageProblem,
)
from runner.storage.database import Database
from runner.tasks.model import Ending, Outcome, Status, TaskChange
from tests.support.queues import PROJECT, START, QueueUnderTest


def test_a_cycle_prepared_by_hand_is_refused(database: Database, queue: QueueUnderTest) -> None:
    queue.add()
    with closing(sqlite3.connect(database.path)) as by_hand, by_hand:
        by_hand.execute("INSERT INTO task_need (task, need) VALUES (1, 2)")

    with pytest.raises(UsageProblem, match="T-2 needs T-1 needs T-2"):
        queue.add("later", needs=("T-1",))

    assert [task.id for task in queue.all()] == ["T-1"]


def test_a_chain_of_needs_is_no_cycle(queue: QueueUnderTest) -> None:
    queue.add()
    queue.add(needs=("T-1",))
    queue.add(needs=("T-2",))

    assert queue.add(needs=("T-3", "T-1")).needs == ("T-3", "T-1")


def test_a_refused_claim_says_what_is_missing(queue: QueueUnderTest) -> None:
    queue.add(requires=("gpu", "linux"))

    with pytest.raises(NothingToClaim, match=f"no task of {PROJECT} is ready for ada") as told:
        queue.take("ada", project=PROJECT)

    assert told.value.hint == "T-1 is ready, but an agent for it must have: gpu, linux"


def test_a_refused_claim_says_when_a_parked_task_is_ready(queue: QueueUnderTest) -> None:
    queue.add()
    until = START + timedelta(hours=2)
    queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=until))

    with pytest.raises(NothingToClaim, match="no task is ready for ada") as told:
        queue.take("ada")

    assert told.value.hint == "a parked task is ready again at 2026-03-01 14:00:00 UTC"


def test_a_refused_claim_of_an_empty_queue_says_how_to_fill_it(queue: QueueUnderTest) -> None:
    with pytest.raises(NothingToClaim) as told:
        queue.take()

    assert "runner submit" in told.value.hint


def test_a_refused_task_says_why(queue: QueueUnderTest) -> None:
    queue.add()
    queue.add("later", needs=("T-1",))
    queue.take("ada")

    with pytest.raises(AlreadyClaimed, match="T-1 is held by ada until 2026-03-01 12:01:00 UTC") as held:
        queue.take("bob", task_id="T-1")
    with pytest.raises(NotReady, match=r"T-2 waits for T-1 \(in progress\)"):
        queue.take("bob", task_id="T-2")

    assert "runner release" in held.value.hint


def test_a_parked_task_says_until_when(queue: QueueUnderTest) -> None:
    queue.add()
    queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT))

    with pytest.raises(NotReady, match="T-1 is parked until 2026-03-01 12:00:05 UTC"):
        queue.take(task_id="T-1")


def test_every_refusal_is_one_line(queue: QueueUnderTest) -> None:
    queue.add()
    queue.board.cancel("T-1")

    for call in (
        lambda: queue.board.cancel("T-1"),
        lambda: queue.board.get("T-2\n"),
        lambda: queue.take(task_id="T-1"),
    ):
        with pytest.raises(RunnerError) as told:
            call()
        assert "\n" not in str(told.value)
        assert told.value.hint


def test_a_refused_status_is_named(queue: QueueUnderTest) -> None:
    queue.add()
    queue.board.cancel("T-1")

    with pytest.raises(InvalidTransition, match="T-1 is cancelled: it cannot become pending") as told:
        queue.board.update("T-1", TaskChange(status=Status.PENDING))

    assert "runner requeue" in told.value.hint
