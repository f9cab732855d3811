"""What holding a task means, and losing it; part of `claims_contract`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runner.errors import (
    InvalidTransition,
    LeaseLost,
    NothingToClaim,
    TaskCancelled,
    UnknownTask,
    UsageProblem,
)
from runner.tasks.model import Ending, Outcome, Priority, Report, Status
from tests.support.queues import QueueUnderTest


class LeaseContract:
    """Holding a task."""

    def test_a_renewal_starts_the_lease_again(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take("ada", lease_s=60.0).lease
        queue.hands.move(50)

        renewed = queue.claims.renew(lease, Report())

        assert (renewed.fence, renewed.duration_s, renewed.taken_at) == (1, 60.0, queue.hands.monotonic())
        queue.hands.move(59)
        with pytest.raises(NothingToClaim):
            queue.take("bob")

    def test_a_renewal_carries_the_news(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease

        queue.claims.renew(lease, Report(progress=40, note="half\nof the tests"))

        task = queue.board.get("T-1")
        assert (task.progress, task.note) == (40, "half of the tests")
        assert queue.event_names()[-1] == "TaskProgressed"

    def test_a_renewal_can_say_zero_and_nothing(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.renew(lease, Report(progress=40, note="half"))

        queue.claims.renew(lease, Report(progress=0, note=""))

        assert (queue.board.get("T-1").progress, queue.board.get("T-1").note) == (0, "")

    def test_a_renewal_without_news_changes_nothing_that_people_see(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.renew(lease, Report(progress=40, note="half"))
        before, events = queue.board.get("T-1"), queue.event_names()
        queue.hands.move(20)

        queue.claims.renew(lease, Report(progress=40))

        after = queue.board.get("T-1")
        assert after.lease_until == queue.hands.now() + timedelta(seconds=60)
        assert (replace(after, lease_until=before.lease_until), queue.event_names()) == (before, events)

    @pytest.mark.parametrize("progress", [-1, 101])
    def test_progress_outside_0_to_100_is_refused(self, queue: QueueUnderTest, progress: int) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(UsageProblem, match=str(progress)):
            queue.claims.renew(lease, Report(progress=progress))

    def test_an_expired_lease_is_renewed_while_nobody_else_has_the_task(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take("ada", lease_s=60.0).lease
        queue.hands.move(3_600)

        renewed = queue.claims.renew(lease, Report())

        assert renewed.is_live(queue.hands.monotonic())
        with pytest.raises(NothingToClaim):
            queue.take("bob")

    def test_a_newer_claim_takes_every_right_away(self, queue: QueueUnderTest) -> None:
        queue.add()
        stale = queue.take("ada", lease_s=60.0).lease
        queue.hands.move(61)
        newer = queue.take("bob")

        for call in (
            lambda: queue.claims.renew(stale, Report(progress=99)),
            lambda: queue.claims.complete(stale, Ending(outcome=Outcome.DONE)),
            lambda: queue.claims.release(stale, note="sorry"),
        ):
            with pytest.raises(LeaseLost):
                call()
        assert newer.lease.fence == 2
        assert queue.board.get("T-1") == newer.task

    def test_a_cancelled_task_is_lost_to_its_holder(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.board.cancel("T-1")

        with pytest.raises(TaskCancelled):
            queue.claims.renew(lease, Report())
        with pytest.raises(TaskCancelled):
            queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
        with pytest.raises(TaskCancelled):
            queue.claims.release(lease, note="")

    def test_a_task_taken_back_is_lost_to_its_holder_also_when_it_is_free(
        self, queue: QueueUnderTest
    ) -> None:
        queue.add()
        lease = queue.take().lease
        queue.board.release("T-1")

        with pytest.raises(LeaseLost):
            queue.claims.renew(lease, Report())
        assert queue.take("bob").lease.fence == 2

    def test_a_requeued_task_does_not_come_back_to_its_old_holder(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.board.cancel("T-1")
        queue.board.requeue("T-1")

        with pytest.raises(LeaseLost):
            queue.claims.renew(lease, Report())

    def test_a_fence_from_nowhere_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(LeaseLost):
            queue.claims.renew(type(lease)(task_id="T-1", fence=7, duration_s=60.0, taken_at=0.0), Report())

    def test_a_lease_of_an_unknown_task_is_told_so(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(UnknownTask):
            queue.claims.renew(type(lease)(task_id="T-7", fence=1, duration_s=60.0, taken_at=0.0), Report())

    def test_a_new_holder_starts_with_a_clean_sheet(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.renew(lease, Report(progress=80, note="nearly"))
        queue.claims.release(lease, note="")

        task = queue.take("bob").task

        assert (task.progress, task.note) == (0, "")


class LostHolderContract:
    """A holder that is never heard of again."""

    def test_its_task_is_taken_by_another_and_the_attempt_counts(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada", lease_s=60.0, run_id="r-1")
        queue.hands.move(60)

        claimed = queue.take("bob")

        assert claimed.lease.fence == 2
        (attempt,) = claimed.task.attempts
        assert (attempt.number, attempt.outcome, attempt.agent_id) == (1, Outcome.CRASHED, "ada")
        assert (attempt.run_id, attempt.ended_at) == ("r-1", queue.hands.now())
        assert "lease expired" in attempt.cause

    def test_its_task_is_not_taken_a_moment_too_early(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada", lease_s=60.0)
        queue.hands.move(59.999)

        with pytest.raises(NothingToClaim):
            queue.take("bob")

    def test_its_task_keeps_its_place_in_the_queue(self, queue: QueueUnderTest) -> None:
        queue.add("lost", priority=Priority.HIGH)
        queue.take("ada", lease_s=60.0)
        queue.hands.move(60)
        queue.add("critical", priority=Priority.CRITICAL)
        queue.add("fresh", priority=Priority.HIGH)

        assert [queue.take().task.title for _ in range(3)] == ["critical", "lost", "fresh"]

    def test_its_task_can_be_taken_by_name(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada", lease_s=60.0)
        queue.hands.move(60)

        assert queue.take("bob", task_id="T-1").task.attempts_used == 1

    def test_a_task_that_kills_its_runners_ends_as_a_dead_letter(self, queue: QueueUnderTest) -> None:
        queue.add("poison", max_attempts=3)
        for agent_id in ("ada", "bob", "eve"):
            queue.take(agent_id, lease_s=60.0)
            queue.hands.move(61)

        with pytest.raises(NothingToClaim):
            queue.take("joe")

        task = queue.board.get("T-1")
        assert task.status is Status.FAILED
        assert [attempt.agent_id for attempt in task.attempts] == ["ada", "bob", "eve"]
        assert "lease expired" in task.fail_reason
        assert queue.event_names()[-2:] == ["TaskClaimed", "TaskFailed"]

    def test_a_dead_letter_is_refused_by_name_and_stays_one(self, queue: QueueUnderTest) -> None:
        queue.add("poison", max_attempts=1)
        lease = queue.take("ada", lease_s=60.0).lease
        queue.hands.move(61)

        with pytest.raises(InvalidTransition):
            queue.take("bob", task_id="T-1")

        assert queue.board.get("T-1").status is Status.FAILED
        with pytest.raises(LeaseLost):
            queue.claims.complete(lease, Ending(outcome=Outcome.DONE))
