"""What a run that was killed finds when it goes on, and how a holder pauses a task; part of `claims_contract`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runner.errors import (
    AlreadyClaimed,
    InvalidTransition,
    LeaseLost,
    NothingToClaim,
    NotReady,
    TaskCancelled,
    UnknownTask,
    UsageProblem,
)
from runner.tasks.model import ClaimRequest, Ending, Outcome, ParkedFor, Report, Status, TaskChange
from tests.support.queues import QueueUnderTest

HOUR_S = 3_600.0
TO_PENDING = TaskChange(status=Status.PENDING)
MINE = ClaimRequest(agent_id="ada", request_id="r-1", run_id="r-1", lease_s=60.0)


class KilledClaimerContract:
    """A claimer that was killed asks again with its own request id."""

    @pytest.mark.parametrize("max_attempts", [1, 3])
    def test_it_gets_the_same_fence_also_when_the_lease_ran_out(
        self, queue: QueueUnderTest, max_attempts: int
    ) -> None:
        queue.add(max_attempts=max_attempts)
        queue.claims.claim(MINE)
        queue.hands.move(HOUR_S)

        again = queue.claims.claim(MINE)

        assert (again.lease.fence, again.lease.duration_s) == (1, 0.0)
        assert (again.task.status, again.task.attempts_used) == (Status.IN_PROGRESS, 0)
        assert queue.claims.renew(again.lease, Report()).duration_s == 60.0
        assert queue.claims.complete(again.lease, Ending(outcome=Outcome.DONE)).status is Status.COMPLETED

    def test_somebody_else_who_asks_first_makes_the_last_attempt_a_dead_letter(
        self, queue: QueueUnderTest
    ) -> None:
        queue.add(max_attempts=1)
        queue.claims.claim(MINE)
        queue.hands.move(61)
        with pytest.raises(NothingToClaim):
            queue.take("bob")

        again = queue.claims.claim(MINE)

        assert (again.lease.fence, again.task.status) == (1, Status.FAILED)
        with pytest.raises(LeaseLost):
            queue.claims.renew(again.lease, Report())

    def test_its_lease_is_renewed_days_later(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.claims.claim(MINE).lease
        queue.hands.move(30 * 86_400)

        assert queue.claims.renew(lease, Report(progress=50)).fence == 1
        assert queue.board.get("T-1").progress == 50


class CheckContract:
    """Asking whether a lease is still ours."""

    def test_it_is_while_nobody_else_has_the_task_also_when_it_ran_out(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take(lease_s=60.0).lease
        before, events = queue.board.get("T-1"), queue.event_names()

        queue.claims.check(lease)
        queue.hands.move(HOUR_S)
        queue.claims.check(lease)

        assert (queue.board.get("T-1"), queue.event_names()) == (before, events)

    def test_a_cancelled_task_is_told_at_the_next_look(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        queue.claims.check(lease)
        queue.board.cancel("T-1")

        for _ in range(2):
            with pytest.raises(TaskCancelled):
                queue.claims.check(lease)

    def test_a_newer_claim_is_told(self, queue: QueueUnderTest) -> None:
        queue.add()
        stale = queue.take("ada", lease_s=60.0).lease
        queue.claims.check(stale)
        queue.hands.move(61)
        newer = queue.take("bob").lease

        with pytest.raises(LeaseLost):
            queue.claims.check(stale)
        queue.claims.check(newer)

    def test_a_task_that_a_person_took_back_or_ended_is_told(self, queue: QueueUnderTest) -> None:
        queue.add()
        first = queue.take().lease
        queue.board.release("T-1")
        second = queue.take().lease
        queue.board.finish("T-1", Ending(outcome=Outcome.DONE))

        for lease in (first, second):
            with pytest.raises(LeaseLost):
                queue.claims.check(lease)

    def test_what_the_holder_ended_itself_was_not_taken_from_it(self, queue: QueueUnderTest) -> None:
        queue.add()
        first = queue.take().lease
        queue.claims.release(first, note="")
        second = queue.take().lease
        queue.claims.complete(second, Ending(outcome=Outcome.DONE))

        for lease in (first, second):
            queue.claims.check(lease)

    def test_an_unknown_task_is_told(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(UnknownTask):
            queue.claims.check(type(lease)(task_id="T-9", fence=1, duration_s=60.0, taken_at=0.0))


class PauseContract:
    """Giving a task back so that nobody takes it for a while."""

    def test_it_is_parked_for_so_long_and_no_attempt_is_used(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=1)
        until = queue.hands.now() + timedelta(seconds=90)

        task = queue.claims.release(queue.take().lease, note="the forge is away", park_s=90.0)

        assert (task.status, task.attempts_used, task.note) == (Status.PENDING, 0, "the forge is away")
        assert (task.not_before, task.parked_for, task.lease_until) == (until, ParkedFor.GIVEN_BACK, None)
        with pytest.raises(NothingToClaim):
            queue.take()
        queue.hands.move(90)
        assert queue.take().task.parked_for is None

    def test_a_repeat_does_not_prolong_the_pause(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease
        first = queue.claims.release(lease, note="later", park_s=90.0)
        queue.hands.move(60)

        assert queue.claims.release(lease, note="later", park_s=90.0) == first
        assert queue.board.get("T-1") == first

    @pytest.mark.parametrize("park_s", [-1.0, 32 * 86_400.0, float("nan"), float("inf")])
    def test_a_pause_that_is_none_is_refused(self, queue: QueueUnderTest, park_s: float) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(UsageProblem, match="31 days"):
            queue.claims.release(lease, note="", park_s=park_s)

        assert queue.board.get("T-1").status is Status.IN_PROGRESS

    @pytest.mark.parametrize(
        ("ending", "parked_for"),
        [
            (Ending(outcome=Outcome.TIMEOUT), ParkedFor.RETRY),
            (Ending(outcome=Outcome.LIMIT_UNTIL), ParkedFor.LIMIT_UNKNOWN),
            (Ending(outcome=Outcome.AUTH), ParkedFor.SIGN_IN),
            (Ending(outcome=Outcome.BILLING), ParkedFor.BILLING),
        ],
    )
    def test_why_a_task_is_parked_is_kept(
        self, queue: QueueUnderTest, ending: Ending, parked_for: ParkedFor
    ) -> None:
        queue.add()

        assert queue.claims.complete(queue.take().lease, ending).parked_for is parked_for
        assert queue.board.update("T-1", TO_PENDING).parked_for is None

    def test_a_limit_that_says_when_it_resets_is_told_apart(self, queue: QueueUnderTest) -> None:
        queue.add()
        reset = queue.hands.now() + timedelta(hours=2)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=reset))

        assert (task.not_before, task.parked_for) == (reset, ParkedFor.LIMIT)


class ResumedRunContract:
    """A pause is for others; the run that the task was last claimed for may go on at once."""

    def test_a_run_takes_its_own_parked_task(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.release(queue.take(run_id="r-1").lease, note="", park_s=HOUR_S)

        taken = queue.take(task_id="T-1", run_id="r-2", resume_run="r-1")

        assert (taken.lease.fence, taken.task.run_id, taken.task.not_before) == (2, "r-2", None)

    def test_it_does_so_after_a_failed_attempt_too(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(queue.take(run_id="r-1").lease, Ending(outcome=Outcome.CRASHED))

        assert queue.take(task_id="T-1", resume_run="r-1").task.attempts_used == 1

    @pytest.mark.parametrize("resume_run", [None, "", "r-2"])
    def test_another_run_waits(self, queue: QueueUnderTest, resume_run: str | None) -> None:
        queue.add()
        queue.claims.release(queue.take(run_id="r-1").lease, note="", park_s=HOUR_S)

        with pytest.raises(NotReady):
            queue.take(task_id="T-1", resume_run=resume_run)

    def test_a_run_whose_task_went_on_waits_like_all(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.release(queue.take(run_id="r-1").lease, note="")
        queue.claims.release(queue.take(run_id="r-2").lease, note="", park_s=HOUR_S)

        with pytest.raises(NotReady):
            queue.take(task_id="T-1", resume_run="r-1")

    def test_a_claim_without_a_run_is_resumed_by_nobody(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.release(queue.take().lease, note="", park_s=HOUR_S)

        with pytest.raises(NotReady):
            queue.take(task_id="T-1", resume_run="")

    def test_only_the_pause_is_lifted(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada", run_id="r-1")
        with pytest.raises(AlreadyClaimed):
            queue.take(task_id="T-1", resume_run="r-1")
        queue.board.cancel("T-1")

        with pytest.raises(InvalidTransition):
            queue.take(task_id="T-1", resume_run="r-1")

    def test_the_best_task_is_chosen_as_ever(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.release(queue.take(run_id="r-1").lease, note="", park_s=HOUR_S)

        with pytest.raises(NothingToClaim):
            queue.take(resume_run="r-1")
