"""How tasks wait for others; part of `claims_contract`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runner.errors import NothingToClaim
from runner.tasks.model import Ending, Outcome, Priority
from tests.support.queues import QueueUnderTest


class NeedsContract:
    """Tasks that wait for others."""

    def test_a_task_waits_until_all_its_needs_are_completed(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.add("second")
        queue.add("third", needs=("T-1", "T-2"), priority=Priority.CRITICAL)

        titles = []
        for _ in range(3):
            claimed = queue.take()
            titles.append(claimed.task.title)
            queue.claims.complete(claimed.lease, Ending(outcome=Outcome.DONE))

        assert titles == ["first", "second", "third"]
        assert "TaskReady" in queue.event_names("T-3")

    def test_waiting_for_others_does_not_count_as_waiting_in_the_queue(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.add("later", needs=("T-1",))
        queue.hands.move(600)
        queue.add("between")
        queue.hands.move(600)
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))

        assert [queue.take().task.title for _ in range(2)] == ["between", "later"]

    @pytest.mark.parametrize("outcome", [Outcome.INVALID_REQUEST, Outcome.CANCELLED])
    def test_a_need_that_failed_holds_its_dependents_back(
        self, queue: QueueUnderTest, outcome: Outcome
    ) -> None:
        queue.add("first")
        queue.add("later", needs=("T-1",))
        queue.board.finish("T-1", Ending(outcome=outcome))

        with pytest.raises(NothingToClaim):
            queue.take()

    def test_a_need_that_is_requeued_is_waited_for_again(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.add("later", needs=("T-1",))
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))
        queue.board.requeue("T-1")

        assert queue.take().task.title == "first"
        with pytest.raises(NothingToClaim):
            queue.take()

    def test_a_task_whose_needs_are_completed_already_is_ready_at_once(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))

        queue.add("later", needs=("T-1",))

        assert queue.take().task.title == "later"

    def test_a_parked_task_stays_parked_when_its_last_need_is_completed(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))
        queue.add("later", needs=("T-1",))
        until = queue.hands.now() + timedelta(hours=2)
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=until))
        queue.board.requeue("T-1")
        queue.hands.move(60)

        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))

        assert queue.board.get("T-2").not_before == until
        with pytest.raises(NothingToClaim):
            queue.take()
        queue.hands.move(7_200)
        assert queue.take().task.title == "later"

    def test_a_lost_task_whose_need_was_requeued_waits_too(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))
        queue.add("later", needs=("T-1",))
        queue.take("ada", lease_s=60.0)
        queue.board.requeue("T-1")
        queue.hands.move(61)

        assert queue.take("bob").task.title == "first"
        with pytest.raises(NothingToClaim):
            queue.take("bob")
