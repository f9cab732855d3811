"""The embedded queue keeps both contracts, and says more than they ask."""

from __future__ import annotations

import threading
from datetime import timedelta

from runner.storage.database import Database
from runner.tasks.embedded import Clock, EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import ClaimRequest, Ending, NewTask, Outcome, Priority
from runner.tasks.schema import TASKS
from tests.support.queues import PROJECT, Hands, QueueUnderTest
from tests.tasks.batches import carry_out, create
from tests.tasks.board_contract import BoardContract
from tests.tasks.claims_contract import ClaimsContract


class TestEmbeddedClaims(ClaimsContract):
    pass


class TestEmbeddedBoard(BoardContract):
    pass


def test_the_ageing_of_priorities_can_be_set(database: Database) -> None:
    hands = Hands()
    queue = QueueUnderTest(
        claims=EmbeddedClaims(database, clock=hands.clock(), ageing_s=60.0),
        board=EmbeddedBoard(database, clock=hands.clock(), ageing_s=60.0),
        hands=hands,
    )
    queue.add("low", priority=Priority.LOW)
    hands.move(121)
    queue.add("high", priority=Priority.HIGH)

    assert queue.take().task.title == "low"


def test_events_carry_facts(queue: QueueUnderTest) -> None:
    queue.add("Fix the clöck")
    queue.claims.complete(
        queue.take("ada", run_id="r-1").lease, Ending(outcome=Outcome.CHECKS_FAILED, error="red")
    )

    submitted, claimed, retried = queue.board.events()

    assert submitted.data == {"title": "Fix the clöck", "priority": "medium"}
    assert claimed.data == {"fence": 1, "attempt": 1, "run_id": "r-1"}
    assert retried.data == {
        "outcome": "checks_failed",
        "cause": "red",
        "attempt": 1,
        "fence": 1,
        "not_before": "2026-03-01T12:00:05+00:00",
    }


def test_the_system_clock_is_used_unless_another_is_given(database: Database) -> None:
    claims, board = EmbeddedClaims(database), EmbeddedBoard(database)
    board.create(NewTask(title="one", project=PROJECT), request_id="r-1")

    claimed = claims.claim(ClaimRequest(agent_id="ada", request_id="r-2"))
    ended = claims.complete(claimed.lease, Ending(outcome=Outcome.TIMEOUT))

    assert ended.not_before is not None
    assert ended.updated_at <= ended.not_before <= ended.updated_at + timedelta(seconds=5)
    assert 0.0 <= Clock().jitter() < 1.0


def test_threads_of_one_process_share_the_queue(database: Database) -> None:
    carry_out(database, *(create(f"task {number}", f"c-{number}") for number in range(40)))
    patient = Database(database.path, schemas=(TASKS,), timeout_s=30.0)
    claims, taken = EmbeddedClaims(patient), []

    def work(name: str) -> None:
        for number in range(10):
            request = ClaimRequest(agent_id=name, request_id=f"{name}-{number}")
            taken.append(claims.claim(request).task.id)

    threads = [threading.Thread(target=work, args=(f"thread-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patient.close()

    assert len(set(taken)) == len(taken) == 40
