"""Tasks that ended long ago leave the tables; what others need, or could ask for again, stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import InvalidTransition, LeaseLost, UnknownTask, UsageProblem
from runner.storage.database import Database
from runner.tasks import archive
from runner.tasks.archive import archive_ended, count_archivable
from runner.tasks.model import Ending, Outcome, Report, Status, TaskChange
from tests.support.queues import QueueUnderTest

DAY_S = 86_400.0
TABLES = (
    *("task", "task_text", "task_result", "task_label", "task_need", "task_attempt"),
    *("task_request", "task_ending", "task_event"),
)

Archive = Callable[..., int]


@pytest.fixture
def tidy(database: Database, queue: QueueUnderTest) -> Archive:
    """Archive what ended more than ten days ago."""

    def archive(days: float = 10, **more: int) -> int:
        return archive_ended(database, now=queue.hands.now(), older_than_s=days * DAY_S, **more)

    return archive


def rows(database: Database, table: str) -> int:
    with database.read() as reading:
        row = reading.row(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    assert row is not None
    return int(row[0])


def end(queue: QueueUnderTest, task_id: str, ending: Ending | None = None) -> None:
    claimed = queue.take(task_id=task_id, run_id="r-1")
    queue.claims.complete(claimed.lease, ending or Ending(outcome=Outcome.DONE))


def test_what_ended_long_ago_leaves_every_table_and_can_be_looked_at(
    database: Database, queue: QueueUnderTest, tidy: Archive
) -> None:
    queue.add("Fix the clock", description="It is late.", labels=("bug",), closes=("12",))
    end(queue, "T-1", Ending(outcome=Outcome.DONE, output="now it is not"))
    ended = queue.board.get("T-1")
    queue.hands.move(11 * DAY_S)

    assert count_archivable(database, now=queue.hands.now(), older_than_s=10 * DAY_S) == 1
    assert tidy() == 1

    assert {table: rows(database, table) for table in TABLES} == dict.fromkeys(TABLES, 0)
    kept = queue.board.get("T-1")
    assert kept.archived_at == queue.hands.now()
    assert (kept.title, kept.status, kept.attempts, kept.result, kept.closes) == (
        "Fix the clock", Status.COMPLETED, ended.attempts, ended.result, ("#12",),
    )  # fmt: skip
    assert queue.board.events("T-1") == ()
    assert queue.all() == ()
    assert queue.board.counts()[Status.COMPLETED] == 0
    assert queue.board.statuses(["T-1", "T-2", "nonsense"]) == {"T-1": Status.COMPLETED}


def test_what_is_open_or_young_stays(queue: QueueUnderTest, tidy: Archive) -> None:
    for _ in range(3):
        queue.add()
    queue.board.update("T-2", TaskChange(status=Status.BLOCKED))
    queue.hands.move(20 * DAY_S)
    end(queue, "T-1")
    queue.hands.move(10 * DAY_S)

    assert tidy() == 0
    queue.hands.move(1)
    assert tidy() == 1
    assert {task.id for task in queue.all()} == {"T-2", "T-3"}


def test_what_another_task_needs_waits_for_that(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add("first")
    queue.add("second", needs=("T-1",))
    queue.add("third", needs=("T-2",))
    for task_id in ("T-1", "T-2"):
        end(queue, task_id)
    queue.hands.move(20 * DAY_S)

    assert tidy() == 0
    end(queue, "T-3")
    queue.hands.move(20 * DAY_S)

    assert tidy(limit=2) == 2
    assert [task.id for task in queue.all()] == ["T-1"]
    assert tidy() == 1


def test_what_could_be_asked_for_again_stays_for_a_week(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add()
    queue.hands.move(DAY_S)
    lease = queue.take().lease
    done = queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
    queue.hands.move(7 * DAY_S)

    assert tidy(days=1) == 0
    assert queue.claims.complete(lease, Ending(outcome=Outcome.DONE)) == done
    queue.hands.move(1)
    assert tidy(days=1) == 1


def test_it_is_done_in_small_bites_and_no_more_than_wanted(
    database: Database, queue: QueueUnderTest, tidy: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_BATCH", 2)
    for number in range(7):
        queue.add(f"task {number}")
        queue.board.cancel(f"T-{number + 1}")
    queue.hands.move(20 * DAY_S)

    assert tidy(limit=3) == 3
    assert count_archivable(database, now=queue.hands.now(), older_than_s=10 * DAY_S) == 4
    assert tidy() == 4
    assert tidy() == 0


def test_the_archive_has_a_bound_and_says_so(
    queue: QueueUnderTest, tidy: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "KEPT_ROWS", 2)
    for number in range(4):
        queue.add(f"task {number}")
        queue.board.cancel(f"T-{number + 1}")
    queue.hands.move(20 * DAY_S)
    tidy()

    assert queue.board.get("T-3").title == "task 2"
    with pytest.raises(UnknownTask, match="T-2 ended long ago and is not kept any more"):
        queue.board.get("T-2")
    with pytest.raises(UnknownTask, match="there is no task 'T-5'"):
        queue.board.get("T-5")
    assert queue.add().id == "T-5"


def test_long_texts_are_cut(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add(description="x" * 1_000_000)
    long = Ending(outcome=Outcome.INVALID_REQUEST, output="o" * 1_000_000, error="e" * 100_000)
    end(queue, "T-1", long)
    queue.hands.move(20 * DAY_S)
    tidy()

    kept = queue.board.get("T-1")
    assert kept.result is not None
    texts = (kept.description, kept.result.output, kept.result.error)
    assert [len(text) for text in texts] == [archive.MAX_TEXT] * 3


def test_an_archived_task_can_only_be_looked_at(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add()
    lease = queue.take().lease
    queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
    queue.hands.move(20 * DAY_S)
    tidy()

    for call in (
        lambda: queue.board.requeue("T-1"),
        lambda: queue.board.cancel("T-1"),
        lambda: queue.take(task_id="T-1"),
    ):
        with pytest.raises(InvalidTransition, match="T-1 ended long ago and was archived") as told:
            call()
        assert "runner show T-1" in told.value.hint
    for stale in (
        lambda: queue.claims.renew(lease, Report()),
        lambda: queue.claims.check(lease),
        lambda: queue.claims.complete(lease, Ending(outcome=Outcome.DONE)),
        lambda: queue.claims.release(lease, note=""),
    ):
        with pytest.raises(LeaseLost):
            stale()


def test_an_archived_task_that_was_completed_is_no_hindrance(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add()
    end(queue, "T-1")
    queue.hands.move(20 * DAY_S)
    tidy()

    later = queue.add("later", needs=("T-1",))

    assert later.needs == ("T-1",)
    assert queue.take().task.id == "T-2"


def test_an_archived_task_that_was_cancelled_cannot_be_needed(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add()
    queue.board.cancel("T-1")
    queue.hands.move(20 * DAY_S)
    tidy()

    with pytest.raises(UsageProblem, match="T-1 ended as cancelled"):
        queue.add("later", needs=("T-1",))


def test_a_task_that_was_never_ended_well_has_no_result(queue: QueueUnderTest, tidy: Archive) -> None:
    queue.add()
    queue.board.cancel("T-1")
    queue.hands.move(20 * DAY_S)
    tidy()

    assert queue.board.get("T-1").result is None
