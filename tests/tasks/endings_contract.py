"""What becomes of a task when an attempt ends; part of `claims_contract`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runner.errors import LeaseLost, NothingToClaim, UsageProblem
from runner.tasks.model import Ending, Outcome, Report, Status, TaskResult
from tests.support.queues import QueueUnderTest

RETRIED = [
    Outcome.CHECKS_FAILED,
    Outcome.BUDGET,
    Outcome.TURNS,
    Outcome.TIMEOUT,
    Outcome.OVERLOADED,
    Outcome.CRASHED,
    Outcome.NO_RESULT,
    Outcome.CONTEXT_OVERFLOW,
]


class EndingContract:
    """What a task becomes."""

    @pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.DONE_NO_CHANGE])
    def test_a_success_completes_the_task(self, queue: QueueUnderTest, outcome: Outcome) -> None:
        queue.add()
        lease = queue.take("ada", run_id="r-1").lease
        queue.hands.move(30)

        task = queue.claims.complete(
            lease, Ending(outcome=outcome, output="a\nb", artifacts=("https://example.org/1",))
        )

        assert (task.status, task.progress, task.claimed_by) == (Status.COMPLETED, 100, "ada")
        assert task.result == TaskResult(success=True, output="a\nb", artifacts=("https://example.org/1",))
        (attempt,) = task.attempts
        assert (attempt.outcome, attempt.run_id, attempt.ended_at) == (outcome, "r-1", queue.hands.now())
        assert task == queue.board.get("T-1")

    @pytest.mark.parametrize("outcome", RETRIED)
    def test_a_failure_is_tried_again_after_a_while(self, queue: QueueUnderTest, outcome: Outcome) -> None:
        queue.add()

        task = queue.claims.complete(queue.take().lease, Ending(outcome=outcome, error="\nred: 1\nmore"))

        assert (task.status, task.claimed_by, task.claimed_at) == (Status.PENDING, None, None)
        assert [(attempt.number, attempt.cause) for attempt in task.attempts] == [(1, "red: 1")]
        assert task.not_before == queue.hands.now() + timedelta(seconds=5)
        with pytest.raises(NothingToClaim):
            queue.take()
        queue.hands.move(5)
        assert queue.take().task.not_before is None

    def test_the_wait_doubles_and_chance_shortens_it(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=4)
        waits = []
        for chance in (1.0, 1.0, 0.25):
            queue.hands.chance = chance
            task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.CRASHED))
            assert task.not_before is not None
            waits.append((task.not_before - queue.hands.now()).total_seconds())
            queue.hands.move(3_600)

        assert waits == [5.0, 10.0, 5.0]

    @pytest.mark.parametrize("outcome", RETRIED)
    def test_the_last_failure_makes_a_dead_letter_with_every_cause(
        self, queue: QueueUnderTest, outcome: Outcome
    ) -> None:
        queue.add(max_attempts=2)
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT, error="too slow"))
        queue.hands.move(60)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=outcome, error="again"))

        assert (task.status, task.not_before) == (Status.FAILED, None)
        assert [(attempt.outcome, attempt.cause) for attempt in task.attempts] == [
            (Outcome.TIMEOUT, "too slow"),
            (outcome, "again"),
        ]
        assert task.fail_reason == "all 2 attempts failed, the last: again"
        assert task.result == TaskResult(success=False, error="again")

    def test_a_request_that_can_never_succeed_fails_at_once(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=3)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.INVALID_REQUEST))

        assert (task.status, task.attempts_used) == (Status.FAILED, 1)
        assert task.fail_reason == "invalid request"

    def test_a_question_blocks_the_task_and_uses_no_attempt(self, queue: QueueUnderTest) -> None:
        queue.add()

        task = queue.claims.complete(
            queue.take().lease,
            Ending(outcome=Outcome.NEEDS_INPUT, question="Which\nclock?", conversation="c-1"),
        )

        assert (task.status, task.question, task.conversation) == (Status.BLOCKED, "Which\nclock?", "c-1")
        assert (task.attempts_used, task.claimed_by) == (0, None)
        with pytest.raises(NothingToClaim):
            queue.take()

    def test_a_block_without_a_question_asks_with_its_error(self, queue: QueueUnderTest) -> None:
        queue.add()

        task = queue.claims.complete(
            queue.take().lease, Ending(outcome=Outcome.NEEDS_INPUT, error="a secret is in the diff\nx")
        )

        assert task.question == "a secret is in the diff"

    def test_a_limit_parks_the_task_until_it_resets(self, queue: QueueUnderTest) -> None:
        queue.add()
        until = queue.hands.now() + timedelta(hours=2)

        task = queue.claims.complete(
            queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=until, conversation="c-1")
        )

        assert (task.status, task.not_before, task.conversation) == (Status.PENDING, until, "c-1")
        assert task.attempts_used == 0
        queue.hands.move(7_200)
        assert queue.take().task.conversation == "c-1"

    @pytest.mark.parametrize(("reset_s", "wait_s"), [(-60.0, 0.0), (None, 300.0), (4e9, 31 * 86_400.0)])
    def test_a_limit_with_a_strange_reset_parks_it_for_a_sane_time(
        self, queue: QueueUnderTest, reset_s: float | None, wait_s: float
    ) -> None:
        queue.add()
        now = queue.hands.now()
        until = None if reset_s is None else now + timedelta(seconds=reset_s)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=until))

        assert task.not_before == now + timedelta(seconds=wait_s)

    @pytest.mark.parametrize("outcome", [Outcome.AUTH, Outcome.BILLING])
    def test_an_agent_that_cannot_pay_leaves_the_task_for_a_minute(
        self, queue: QueueUnderTest, outcome: Outcome
    ) -> None:
        queue.add(max_attempts=1)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=outcome, conversation="c-1"))

        assert (task.status, task.attempts_used) == (Status.PENDING, 0)
        assert task.not_before == queue.hands.now() + timedelta(seconds=60)

    def test_an_interrupted_run_gives_the_task_back_at_once(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=1)

        task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.CANCELLED))

        assert (task.status, task.attempts_used, task.not_before) == (Status.PENDING, 0, None)
        assert queue.take().lease.fence == 2

    @pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.CRASHED, Outcome.AUTH])
    def test_a_task_that_is_pending_again_begins_anew(self, queue: QueueUnderTest, outcome: Outcome) -> None:
        queue.add()
        lease = queue.claims.renew(queue.take("ada").lease, Report(progress=40))

        task = queue.claims.complete(lease, Ending(outcome=outcome))

        assert (task.status, task.progress) == (Status.PENDING, 0)

    def test_a_released_task_begins_anew(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.claims.renew(queue.take("ada").lease, Report(progress=40))

        assert queue.claims.release(lease, note="later").progress == 0

    @pytest.mark.parametrize(
        ("outcome", "kept"), [(Outcome.CHECKS_FAILED, "c-1"), (Outcome.CONTEXT_OVERFLOW, None)]
    )
    def test_a_conversation_is_kept_unless_it_grew_too_long(
        self, queue: QueueUnderTest, outcome: Outcome, kept: str | None
    ) -> None:
        queue.add()

        task = queue.claims.complete(queue.take().lease, Ending(outcome=outcome, conversation="c-1"))

        assert task.conversation == kept

    def test_a_lost_lease_is_nothing_to_report(self, queue: QueueUnderTest) -> None:
        queue.add()
        lease = queue.take().lease

        with pytest.raises(LeaseLost):
            queue.claims.complete(lease, Ending(outcome=Outcome.LEASE_LOST))
        assert queue.board.get("T-1").status is Status.IN_PROGRESS

    def test_a_reset_without_a_time_zone_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        naive = queue.hands.now().replace(tzinfo=None)

        with pytest.raises(UsageProblem, match="zone"):
            queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=naive))

    def test_texts_that_are_no_texts_are_mended(self, queue: QueueUnderTest) -> None:
        queue.add()

        task = queue.claims.complete(
            queue.take().lease,
            Ending(outcome=Outcome.DONE, output="a\x00b\udcff", artifacts=("two\nlines",)),
        )

        assert task.result == TaskResult(success=True, output="a\ufffdb\ufffd", artifacts=("two lines",))

    def test_an_endless_output_loses_its_middle(self, queue: QueueUnderTest) -> None:
        queue.add()

        task = queue.claims.complete(
            queue.take().lease, Ending(outcome=Outcome.DONE, output="start" + "x" * 2_000_000 + "end")
        )

        assert task.result is not None
        assert len(task.result.output) == 1_000_000
        assert task.result.output.startswith("start")
        assert task.result.output.endswith("end")
