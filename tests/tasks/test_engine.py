"""Batches of commands in one transaction, and what the embedded drivers add to the contracts."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import (
    AlreadyClaimed,
    Busy,
    InvalidTransition,
    NothingToClaim,
    RunnerError,
    UnknownTask,
    UsageProblem,
)
from runner.storage.database import Database
from runner.storage.protocol import Row, Value, Writing
from runner.storage.times import microseconds
from runner.tasks.claiming import claim as take
from runner.tasks.commands import (
    CancelTask,
    ClaimTask,
    Command,
    CompleteTask,
    CreateTask,
    Granted,
    Renewed,
    RenewLease,
    Reply,
)
from runner.tasks.embedded import Clock, EmbeddedBoard, EmbeddedClaims
from runner.tasks.endings import bury_lost
from runner.tasks.engine import execute
from runner.tasks.model import (
    ClaimRequest,
    Ending,
    NewTask,
    Outcome,
    Priority,
    Report,
    Status,
    Task,
    TaskChange,
    TaskFilter,
)
from runner.tasks.repeats import forget_old
from runner.tasks.schema import TASKS
from runner.tasks.work import Work
from tests.support.queues import PROJECT, START, Hands, QueueUnderTest


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "queue.db", schemas=(TASKS,), timeout_s=0.2) as database:
        yield database


@pytest.fixture
def queue(database: Database) -> QueueUnderTest:
    hands = Hands()
    return QueueUnderTest(
        claims=EmbeddedClaims(database, clock=hands.clock()),
        board=EmbeddedBoard(database, clock=hands.clock()),
        hands=hands,
    )


def carry_out(database: Database, *commands: Command) -> tuple[Reply, ...]:
    return execute(database, commands, now=lambda: START, jitter=lambda: 1.0)


def create(title: str, request_id: str) -> CreateTask:
    return CreateTask(new=NewTask(title=title, project=PROJECT), request_id=request_id)


def claim(agent_id: str, request_id: str) -> ClaimTask:
    return ClaimTask(request=ClaimRequest(agent_id=agent_id, request_id=request_id))


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

    with pytest.raises(AlreadyClaimed, match="T-1 is held by ada until 12:01:00 UTC") as held:
        queue.take("bob", task_id="T-1")
    with pytest.raises(InvalidTransition, match="T-2 waits for T-1"):
        queue.take("bob", task_id="T-2")

    assert "runner release" in held.value.hint


def test_a_parked_task_says_until_when(queue: QueueUnderTest) -> None:
    queue.add()
    queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT))

    with pytest.raises(InvalidTransition, match="T-1 is parked until 2026-03-01 12:00:05 UTC"):
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


class Eavesdropper:
    """A transaction that remembers what was asked in it."""

    def __init__(self, tx: Writing) -> None:
        self._tx = tx
        self.asked: list[tuple[str, tuple[Value, ...]]] = []

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.row(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.rows(sql, parameters)

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self.asked.append((sql, tuple(parameters)))
        return self._tx.run(sql, parameters)

    def insert(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._tx.insert(sql, parameters)

    def savepoint(self) -> AbstractContextManager[None]:
        return self._tx.savepoint()


@pytest.mark.parametrize("project", [None, PROJECT])
def test_a_claim_looks_at_no_more_rows_than_it_needs(database: Database, project: str | None) -> None:
    carry_out(database, create("one", "r-1"))
    request = ClaimRequest(agent_id="ada", request_id="r-2", project=project)

    with database.transaction() as tx:
        heard = Eavesdropper(tx)
        work = Work(tx=heard, now=microseconds(START), ageing=0, jitter=lambda: 1.0)
        forget_old(work)
        bury_lost(work)
        take(work, ClaimTask(request=request))
        plans = {sql: tx.rows(f"EXPLAIN QUERY PLAN {sql}", parameters) for sql, parameters in heard.asked}

    assert len(plans) > 6
    for sql, steps in plans.items():
        for step in steps:
            assert "SCAN" not in step[3] or "USING INDEX" in step[3], sql
            assert "TEMP B-TREE" not in step[3] or "lease_until" in sql, sql
