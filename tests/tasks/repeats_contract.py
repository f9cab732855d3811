"""Calls whose reply was lost are made again; part of `claims_contract`."""

from __future__ import annotations

import pytest

from runner.errors import LeaseLost, NothingToClaim, UnknownTask, UsageProblem
from runner.tasks.model import ClaimRequest, Ending, Lease, Outcome, Report, Status
from tests.support.queues import QueueUnderTest

WEEK_S = 7 * 86_400.0


class RepeatedClaimContract:
    """A claim whose reply was lost is asked for again."""

    def test_a_repeat_gives_the_same_claim(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.add()
        request = ClaimRequest(agent_id="ada", request_id="once")
        first = queue.claims.claim(request)

        again = queue.claims.claim(request)

        assert again == first
        assert queue.board.get("T-2").status is Status.PENDING

    def test_a_repeat_tells_what_is_left_of_the_lease(self, queue: QueueUnderTest) -> None:
        queue.add()
        request = ClaimRequest(agent_id="ada", request_id="once", lease_s=60.0)
        queue.claims.claim(request)
        queue.hands.move(45)

        again = queue.claims.claim(request)

        assert again.lease.duration_s == 15.0
        assert not again.lease.is_live(queue.hands.monotonic() + 16)

    def test_a_repeat_after_the_task_went_on_to_another_has_no_lease_left(
        self, queue: QueueUnderTest
    ) -> None:
        queue.add()
        request = ClaimRequest(agent_id="ada", request_id="once", lease_s=60.0)
        queue.claims.claim(request)
        queue.hands.move(61)
        queue.take("bob")

        again = queue.claims.claim(request)

        assert (again.task.id, again.lease.fence, again.lease.duration_s) == ("T-1", 1, 0.0)
        with pytest.raises(LeaseLost):
            queue.claims.renew(again.lease, Report())

    def test_the_same_id_with_another_request_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.claim(ClaimRequest(agent_id="ada", request_id="once"))

        with pytest.raises(UsageProblem, match="once"):
            queue.claims.claim(ClaimRequest(agent_id="bob", request_id="once"))

    def test_an_id_that_submitted_a_task_cannot_claim_one(self, queue: QueueUnderTest) -> None:
        queue.add()

        with pytest.raises(UsageProblem):
            queue.claims.claim(ClaimRequest(agent_id="ada", request_id="request-1"))

    def test_a_refused_claim_may_be_repeated_with_its_id(self, queue: QueueUnderTest) -> None:
        request = ClaimRequest(agent_id="ada", request_id="once")
        with pytest.raises(NothingToClaim):
            queue.claims.claim(request)
        queue.add()

        assert queue.claims.claim(request).task.id == "T-1"

    @pytest.mark.parametrize(("later_s", "task_id"), [(WEEK_S, "T-1"), (WEEK_S + 1, "T-2")])
    def test_an_id_is_remembered_for_a_week(
        self, queue: QueueUnderTest, later_s: float, task_id: str
    ) -> None:
        queue.add()
        queue.add()
        request = ClaimRequest(agent_id="ada", request_id="once", lease_s=WEEK_S * 2)
        queue.claims.claim(request)
        queue.hands.move(later_s)

        assert queue.claims.claim(request).task.id == task_id


class RepeatedEndingContract:
    """An ending whose reply was lost is told again."""

    def test_a_repeat_returns_the_first_answer(self, queue: QueueUnderTest) -> None:
        queue.add(description="long", files=(), labels=("bug",), max_attempts=3)
        lease = queue.take().lease
        first = queue.claims.complete(lease, Ending(outcome=Outcome.TIMEOUT, error="slow"))
        queue.hands.move(10)

        again = queue.claims.complete(lease, Ending(outcome=Outcome.DONE))

        assert again == first
        assert queue.board.get("T-1") == first

    def test_a_repeat_returns_the_first_answer_while_another_works(self, queue: QueueUnderTest) -> None:
        queue.add(description="long")
        lease = queue.take("ada").lease
        first = queue.claims.complete(lease, Ending(outcome=Outcome.TIMEOUT, conversation="c-1"))
        queue.hands.move(10)
        taken = queue.take("bob")

        again = queue.claims.complete(lease, Ending(outcome=Outcome.TIMEOUT, conversation="c-1"))

        assert again == first
        assert queue.board.get("T-1") == taken.task

    def test_a_repeat_returns_the_result_that_a_requeue_removed(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        first = queue.claims.complete(lease, Ending(outcome=Outcome.DONE, output="it works"))
        queue.board.requeue("T-1")

        assert queue.claims.complete(lease, Ending(outcome=Outcome.DONE)) == first
        assert queue.board.get("T-1").status is Status.PENDING

    def test_an_ending_is_remembered_for_a_week(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
        queue.hands.move(WEEK_S + 1)

        with pytest.raises(LeaseLost):
            queue.claims.complete(lease, Ending(outcome=Outcome.DONE))

    def test_an_expired_lease_may_still_complete_while_it_is_the_newest(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take(lease_s=60.0).lease
        queue.hands.move(600)

        assert queue.claims.complete(lease, Ending(outcome=Outcome.DONE)).status is Status.COMPLETED

    def test_a_task_that_was_given_back_cannot_be_completed(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.release(lease, note="")

        with pytest.raises(LeaseLost):
            queue.claims.complete(lease, Ending(outcome=Outcome.DONE))

    def test_a_task_that_was_completed_cannot_be_given_back(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.complete(lease, Ending(outcome=Outcome.DONE))

        with pytest.raises(LeaseLost):
            queue.claims.release(lease, note="")

    def test_an_unknown_task_cannot_be_ended(self, queue: QueueUnderTest) -> None:
        lease = Lease(task_id="T-1", fence=1, duration_s=60.0, taken_at=0.0)

        with pytest.raises(UnknownTask):
            queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
        with pytest.raises(UnknownTask):
            queue.claims.release(lease, note="")


class ReleaseContract:
    """Giving a task back."""

    def test_it_is_ready_at_once_and_no_attempt_is_used(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=1)

        task = queue.claims.release(queue.take().lease, note="shutting\ndown")

        assert (task.status, task.attempts_used, task.note) == (Status.PENDING, 0, "shutting down")
        assert (task.claimed_by, task.not_before) == (None, None)
        assert queue.take().lease.fence == 2

    def test_it_keeps_its_place_and_its_conversation(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.CANCELLED, conversation="c-1"))
        queue.hands.move(60)
        queue.add("second")

        queue.claims.release(queue.take().lease, note="")

        task = queue.take().task
        assert (task.title, task.conversation) == ("first", "c-1")

    def test_a_repeat_changes_nothing(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take("ada").lease
        first = queue.claims.release(lease, note="back")
        taken = queue.take("bob")

        assert queue.claims.release(lease, note="back") == first
        assert queue.board.get("T-1") == taken.task
