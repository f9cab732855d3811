"""What happens when somebody sets the clock on the wall; part of `claims_contract`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runner.errors import NothingToClaim
from runner.tasks.model import Ending, Outcome, Report, Status
from tests.support.queues import QueueUnderTest

HOUR_S = 3_600.0
both_ways = pytest.mark.parametrize("step", [HOUR_S, -HOUR_S, 86_400.0, -86_400.0])


class SteppedClockContract:
    """An hour forward or back changes nothing but the times that people are shown."""

    @both_ways
    def test_a_live_holder_keeps_its_task(self, queue: QueueUnderTest, step: float) -> None:
        queue.add()
        lease = queue.take("ada", lease_s=60.0).lease
        queue.hands.move(30)
        queue.hands.step(step)

        with pytest.raises(NothingToClaim):
            queue.take("bob")

        queue.hands.move(29)
        assert queue.claims.renew(lease, Report()).fence == 1
        assert queue.board.get("T-1").attempts_used == 0

    @both_ways
    def test_a_dead_holder_is_found_out_in_the_usual_time(self, queue: QueueUnderTest, step: float) -> None:
        queue.add()
        queue.take("ada", lease_s=60.0)
        queue.hands.move(30)
        queue.hands.step(step)
        with pytest.raises(NothingToClaim):
            queue.take("bob")

        queue.hands.move(30)

        assert queue.take("bob").lease.fence == 2

    def test_there_and_back_changes_nothing(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada", lease_s=60.0)
        for step in (HOUR_S, -HOUR_S, -HOUR_S, HOUR_S):
            queue.hands.step(step)
            with pytest.raises(NothingToClaim):
                queue.take("bob")
        queue.hands.move(59)

        with pytest.raises(NothingToClaim):
            queue.take("bob")

    @both_ways
    def test_a_pause_is_as_long_as_it_was(self, queue: QueueUnderTest, step: float) -> None:
        queue.add()
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT))
        queue.hands.step(step)
        queue.hands.move(4)
        with pytest.raises(NothingToClaim):
            queue.take()

        queue.hands.move(1)

        assert queue.take().task.id == "T-1"

    def test_the_reset_of_a_limit_is_the_time_that_was_told(self, queue: QueueUnderTest) -> None:
        queue.add()
        reset = queue.hands.now() + timedelta(hours=2)
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=reset))
        queue.hands.step(HOUR_S)
        with pytest.raises(NothingToClaim):
            queue.take()

        assert queue.board.get("T-1").not_before == reset
        queue.hands.move(HOUR_S)
        assert queue.take().task.id == "T-1"

    def test_a_limit_without_a_reset_is_tried_again_in_the_usual_time(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL))
        queue.hands.step(-HOUR_S)

        queue.hands.move(300)

        assert queue.take().task.id == "T-1"

    def test_the_queue_keeps_its_order(self, queue: QueueUnderTest) -> None:
        steps = (0.0, HOUR_S, -2 * HOUR_S, HOUR_S, 0.0)
        for number, step in enumerate(steps):
            queue.hands.step(step)
            queue.hands.move(1)
            queue.add(f"task {number}")

        assert [queue.take().task.id for _ in steps] == ["T-1", "T-2", "T-3", "T-4", "T-5"]

    def test_what_has_ended_keeps_its_times(self, queue: QueueUnderTest) -> None:
        queue.add()
        ended = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.DONE))
        queue.hands.step(HOUR_S)
        queue.add()

        assert queue.board.get("T-1") == ended
        assert queue.board.get("T-2").status is Status.PENDING
