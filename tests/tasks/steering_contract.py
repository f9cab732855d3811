"""What people may do to tasks, and what that makes of them; part of `board_contract`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import InvalidTransition, UnknownTask, UsageProblem
from runner.tasks.model import Ending, Outcome, Status, Task, TaskChange, TaskResult
from tests.support.queues import QueueUnderTest

FINISHED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


def bring(queue: QueueUnderTest, status: Status) -> Task:
    """A task in that status."""
    queue.add()
    if status is Status.IN_PROGRESS:
        return queue.take("ada", run_id="r-1").task
    return queue.board.update("T-1", TaskChange(status=status))


class SteeringContract:
    """Update, finish, cancel, requeue, release and answer."""

    def test_progress_and_a_note_can_be_set_whoever_holds_the_task(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada")
        queue.hands.move(5)

        task = queue.board.update("T-1", TaskChange(progress=40, note=" half "))

        assert (task.progress, task.note, task.updated_at) == (40, "half", queue.hands.now())
        assert (task.status, task.claimed_by) == (Status.IN_PROGRESS, "ada")

    def test_progress_can_be_set_to_zero_and_a_note_cleared(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.board.update("T-1", TaskChange(progress=40, note="half"))

        task = queue.board.update("T-1", TaskChange(progress=0, note=""))

        assert (task.progress, task.note) == (0, "")

    def test_a_change_of_nothing_changes_nothing(self, queue: QueueUnderTest) -> None:
        before = queue.add()
        queue.hands.move(5)

        assert queue.board.update("T-1", TaskChange()) == before
        assert queue.board.update("T-1", TaskChange(status=Status.PENDING, progress=0, closes=())) == before
        assert queue.event_names() == ["TaskSubmitted"]

    @pytest.mark.parametrize(
        "change",
        [
            TaskChange(progress=101),
            TaskChange(note="two\nlines"),
            TaskChange(note="x" * 2_001),
            TaskChange(closes=("12", "issue 13")),
            TaskChange(closes=tuple(str(number) for number in range(1, 22))),
        ],
    )
    def test_a_bad_change_is_refused(self, queue: QueueUnderTest, change: TaskChange) -> None:
        queue.add()

        with pytest.raises(UsageProblem):
            queue.board.update("T-1", change)

    @pytest.mark.parametrize("wish", [Status.BLOCKED, Status.COMPLETED, Status.FAILED, Status.CANCELLED])
    @pytest.mark.parametrize("status", [Status.PENDING, Status.BLOCKED])
    def test_a_free_task_gets_the_status_a_person_wants(
        self, queue: QueueUnderTest, status: Status, wish: Status
    ) -> None:
        bring(queue, status)

        task = queue.board.update("T-1", TaskChange(status=wish, note="because"))

        assert (task.status, task.note, task.attempts) == (wish, "because", ())

    def test_a_blocked_task_can_be_made_pending(self, queue: QueueUnderTest) -> None:
        bring(queue, Status.BLOCKED)

        assert queue.board.update("T-1", TaskChange(status=Status.PENDING)).status is Status.PENDING
        assert queue.take().task.id == "T-1"

    def test_a_parked_task_can_be_made_ready(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.LIMIT_UNTIL))

        task = queue.board.update("T-1", TaskChange(status=Status.PENDING))

        assert task.not_before is None
        assert queue.take().task.id == "T-1"

    def test_a_held_task_keeps_its_status(self, queue: QueueUnderTest) -> None:
        held = bring(queue, Status.IN_PROGRESS)

        for wish in Status:
            if wish is Status.IN_PROGRESS:
                assert queue.board.update("T-1", TaskChange(status=wish)) == held
            else:
                with pytest.raises(InvalidTransition):
                    queue.board.update("T-1", TaskChange(status=wish))
        assert queue.board.get("T-1") == held

    @pytest.mark.parametrize("status", [Status.PENDING, Status.BLOCKED, *FINISHED])
    def test_only_a_claim_makes_a_task_in_progress(self, queue: QueueUnderTest, status: Status) -> None:
        bring(queue, status)

        with pytest.raises(InvalidTransition):
            queue.board.update("T-1", TaskChange(status=Status.IN_PROGRESS))

    @pytest.mark.parametrize("status", FINISHED)
    def test_an_ended_task_leaves_its_status_only_by_requeue(
        self, queue: QueueUnderTest, status: Status
    ) -> None:
        bring(queue, status)

        for wish in (Status.PENDING, Status.BLOCKED, *FINISHED):
            if wish is not status:
                with pytest.raises(InvalidTransition):
                    queue.board.update("T-1", TaskChange(status=wish))
        assert queue.board.requeue("T-1").status is Status.PENDING

    @pytest.mark.parametrize("status", [Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED])
    @pytest.mark.parametrize(
        ("outcome", "ends_as"),
        [
            (Outcome.DONE, Status.COMPLETED),
            (Outcome.DONE_NO_CHANGE, Status.COMPLETED),
            (Outcome.INVALID_REQUEST, Status.FAILED),
            (Outcome.CHECKS_FAILED, Status.FAILED),
            (Outcome.CANCELLED, Status.CANCELLED),
        ],
    )
    def test_a_person_can_end_any_open_task(
        self, queue: QueueUnderTest, status: Status, outcome: Outcome, ends_as: Status
    ) -> None:
        bring(queue, status)

        task = queue.board.finish("T-1", Ending(outcome=outcome, output="talked", error="no use"))

        assert task.status is ends_as
        counts = status is Status.IN_PROGRESS and ends_as is not Status.CANCELLED
        assert [attempt.outcome for attempt in task.attempts] == ([outcome] if counts else [])
        if ends_as is Status.CANCELLED:
            assert task.result is None
        else:
            success = ends_as is Status.COMPLETED
            assert task.result == TaskResult(success=success, output="talked", error="no use")
            assert task.fail_reason == ("" if success else "no use")

    @pytest.mark.parametrize("status", FINISHED)
    def test_an_ended_task_cannot_be_ended_again(self, queue: QueueUnderTest, status: Status) -> None:
        before = bring(queue, status)

        with pytest.raises(InvalidTransition, match=status.value):
            queue.board.finish("T-1", Ending(outcome=Outcome.DONE))
        with pytest.raises(InvalidTransition, match=status.value):
            queue.board.cancel("T-1")
        assert queue.board.get("T-1") == before

    @pytest.mark.parametrize("status", [Status.PENDING, Status.IN_PROGRESS, Status.BLOCKED])
    def test_any_open_task_can_be_cancelled(self, queue: QueueUnderTest, status: Status) -> None:
        bring(queue, status)

        task = queue.board.cancel("T-1")

        assert (task.status, task.attempts, task.question) == (Status.CANCELLED, (), "")

    @pytest.mark.parametrize("status", [Status.BLOCKED, *FINISHED])
    def test_a_requeued_task_starts_afresh(self, queue: QueueUnderTest, status: Status) -> None:
        bring(queue, status)
        queue.hands.move(5)

        task = queue.board.requeue("T-1")

        assert (task.status, task.progress, task.note) == (Status.PENDING, 0, "")
        assert (task.attempts, task.result, task.fail_reason) == ((), None, "")
        assert task.updated_at == queue.hands.now()
        assert queue.take().task.id == "T-1"

    def test_a_requeued_dead_letter_has_all_its_attempts_again(self, queue: QueueUnderTest) -> None:
        queue.add(max_attempts=2)
        for _ in range(2):
            for _ in range(2):
                queue.hands.move(3_600)
                task = queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.CRASHED))
            assert (task.status, task.attempts_used) == (Status.FAILED, 2)
            task = queue.board.requeue("T-1")

        assert task.attempts == ()
        assert queue.event_names().count("TaskFailed") == 2
        assert queue.take().lease.fence == 5

    def test_a_requeued_task_forgets_its_conversation_and_its_question(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(
            queue.take().lease,
            Ending(outcome=Outcome.NEEDS_INPUT, question="Which?", conversation="c-1"),
        )

        task = queue.board.requeue("T-1")

        assert (task.question, task.conversation) == ("", None)

    @pytest.mark.parametrize("status", [Status.PENDING, Status.IN_PROGRESS])
    def test_a_task_that_is_under_way_cannot_be_requeued(self, queue: QueueUnderTest, status: Status) -> None:
        bring(queue, status)

        with pytest.raises(InvalidTransition):
            queue.board.requeue("T-1")

    def test_a_held_task_can_be_taken_back(self, queue: QueueUnderTest) -> None:
        bring(queue, Status.IN_PROGRESS)

        task = queue.board.release("T-1")

        assert (task.status, task.claimed_by, task.attempts) == (Status.PENDING, None, ())
        assert queue.event_names()[-1] == "TaskReleased"

    @pytest.mark.parametrize("status", [Status.PENDING, Status.BLOCKED, *FINISHED])
    def test_a_task_that_nobody_holds_cannot_be_taken_back(
        self, queue: QueueUnderTest, status: Status
    ) -> None:
        bring(queue, status)

        with pytest.raises(InvalidTransition):
            queue.board.release("T-1")

    def test_an_answer_lets_a_blocked_task_go_on(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(
            queue.take().lease,
            Ending(outcome=Outcome.NEEDS_INPUT, question="Which?", conversation="c-1"),
        )

        task = queue.board.answer("T-1", "The one\non the wall.")

        assert (task.status, task.question) == (Status.PENDING, "")
        claimed = queue.take().task
        assert (claimed.answer, claimed.conversation) == ("The one\non the wall.", "c-1")

    @pytest.mark.parametrize("go_on", ["answer", "unblock", "requeue"])
    def test_a_task_that_goes_on_begins_anew(self, queue: QueueUnderTest, go_on: str) -> None:
        bring(queue, Status.BLOCKED)
        queue.board.update("T-1", TaskChange(progress=40))

        calls = {
            "answer": lambda: queue.board.answer("T-1", "yes"),
            "unblock": lambda: queue.board.update("T-1", TaskChange(status=Status.PENDING)),
            "requeue": lambda: queue.board.requeue("T-1"),
        }

        assert calls[go_on]().progress == 0

    @pytest.mark.parametrize("status", [Status.PENDING, Status.IN_PROGRESS, *FINISHED])
    def test_only_a_blocked_task_can_be_answered(self, queue: QueueUnderTest, status: Status) -> None:
        bring(queue, status)

        with pytest.raises(InvalidTransition):
            queue.board.answer("T-1", "yes")

    @pytest.mark.parametrize("text", ["", " \n", "nul \x00", "x" * 100_001])
    def test_an_answer_must_be_one(self, queue: QueueUnderTest, text: str) -> None:
        bring(queue, Status.BLOCKED)

        with pytest.raises(UsageProblem):
            queue.board.answer("T-1", text)

    def test_a_task_that_does_not_exist_cannot_be_changed(self, queue: QueueUnderTest) -> None:
        calls: list[Callable[[], object]] = [
            lambda: queue.board.update("T-1", TaskChange(progress=1)),
            lambda: queue.board.finish("T-1", Ending(outcome=Outcome.DONE)),
            lambda: queue.board.cancel("T-1"),
            lambda: queue.board.requeue("T-1"),
            lambda: queue.board.release("T-1"),
            lambda: queue.board.answer("T-1", "yes"),
        ]
        for call in calls:
            with pytest.raises(UnknownTask):
                call()
