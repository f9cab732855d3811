"""What a task closes, on every board; part of `board_contract`."""

from __future__ import annotations

import pytest

from runner.errors import InvalidTransition
from runner.tasks.model import Ending, Outcome, Status, TaskChange
from tests.support.queues import QueueUnderTest
from tests.tasks.steering_contract import FINISHED


class ClosesContract:
    """It is said when a task is made, changed by people, and stays with it."""

    def test_what_a_task_closes_can_be_set_and_cleared_whoever_holds_it(self, queue: QueueUnderTest) -> None:
        queue.add(closes=("1", "2"))
        queue.take("ada")
        queue.hands.move(5)

        task = queue.board.update("T-1", TaskChange(closes=("3", "acme/widget#4", "#3")))

        assert (task.closes, task.note, task.updated_at) == (("#3", "acme/widget#4"), "", queue.hands.now())
        assert queue.board.get("T-1") == task
        assert queue.board.update("T-1", TaskChange(note="seen")).closes == task.closes
        assert queue.board.update("T-1", TaskChange(closes=())).closes == ()
        assert queue.board.get("T-1").closes == ()

    def test_what_a_task_closes_stays_with_it_to_its_end_and_beyond(self, queue: QueueUnderTest) -> None:
        queue.add(closes=("1",))

        told = [
            queue.claims.release(queue.take().lease, note="later"),
            queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.NEEDS_INPUT, question="?")),
            queue.board.answer("T-1", "yes"),
            queue.board.cancel("T-1"),
            queue.board.requeue("T-1"),
        ]

        assert [task.closes for task in told] == [("#1",)] * 5

    @pytest.mark.parametrize("status", FINISHED)
    def test_what_an_ended_task_closes_is_settled(self, queue: QueueUnderTest, status: Status) -> None:
        queue.add(closes=("1",))
        before = queue.board.update("T-1", TaskChange(status=status))

        assert queue.board.update("T-1", TaskChange(closes=("#1",))) == before
        for closes in ((), ("2",)):
            with pytest.raises(InvalidTransition, match="what it closes is settled"):
                queue.board.update("T-1", TaskChange(closes=closes))
        assert queue.board.get("T-1") == before
