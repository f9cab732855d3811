"""What every driver of `Claims` promises; join it with a class that gives the fixture `queue`."""

from __future__ import annotations

import pytest

from runner.errors import (
    AlreadyClaimed,
    InvalidTransition,
    LacksCapability,
    NothingToClaim,
    NotReady,
    UnknownTask,
    UsageProblem,
)
from runner.tasks.model import Ending, Outcome, Priority, Status, TaskChange
from tests.support.queues import PROJECT, QueueUnderTest
from tests.tasks.clock_contract import SteppedClockContract
from tests.tasks.endings_contract import EndingContract
from tests.tasks.leases_contract import LeaseContract, LostHolderContract
from tests.tasks.needs_contract import NeedsContract
from tests.tasks.repeats_contract import ReleaseContract, RepeatedClaimContract, RepeatedEndingContract
from tests.tasks.resuming_contract import (
    CheckContract,
    KilledClaimerContract,
    PauseContract,
    ResumedRunContract,
)

DAY_S = 86_400.0


class ClaimingContract:
    """Taking a task."""

    def test_a_claim_gives_the_task_a_fence_and_a_lease(self, queue: QueueUnderTest) -> None:
        queue.add("Fix the clock", description="It is late.")

        claimed = queue.take("ada", run_id="r-1", lease_s=60.0)

        assert claimed.task.id == "T-1"
        assert claimed.task.description == "It is late."
        assert claimed.task.status is Status.IN_PROGRESS
        assert (claimed.task.claimed_by, claimed.task.claimed_at) == ("ada", queue.hands.now())
        assert claimed.task == queue.board.get("T-1")
        assert (claimed.lease.task_id, claimed.lease.fence, claimed.lease.duration_s) == ("T-1", 1, 60.0)
        assert claimed.lease.taken_at == queue.hands.monotonic()

    def test_a_task_is_taken_once(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada")

        with pytest.raises(NothingToClaim):
            queue.take("bob")

    def test_an_empty_queue_has_nothing_to_claim(self, queue: QueueUnderTest) -> None:
        with pytest.raises(NothingToClaim):
            queue.take("ada")

    def test_priorities_come_first_and_age_decides_between_equals(self, queue: QueueUnderTest) -> None:
        for title, priority in (
            ("low", Priority.LOW),
            ("medium", Priority.MEDIUM),
            ("old critical", Priority.CRITICAL),
            ("high", Priority.HIGH),
            ("new critical", Priority.CRITICAL),
        ):
            queue.add(title, priority=priority)
            queue.hands.move(1)

        order = [queue.take().task.title for _ in range(5)]

        assert order == ["old critical", "new critical", "high", "medium", "low"]

    def test_tasks_of_one_moment_are_taken_in_the_order_of_their_numbers(self, queue: QueueUnderTest) -> None:
        for number in range(1, 12):
            queue.add(f"task {number}")

        assert [queue.take().task.id for _ in range(11)] == [f"T-{number}" for number in range(1, 12)]

    @pytest.mark.parametrize(("waited_s", "first"), [(7_199.0, "high"), (7_201.0, "low")])
    def test_each_hour_of_waiting_lifts_a_task_by_one_priority(
        self, queue: QueueUnderTest, waited_s: float, first: str
    ) -> None:
        queue.add("low", priority=Priority.LOW)
        queue.hands.move(waited_s)
        queue.add("high", priority=Priority.HIGH)

        assert queue.take().task.title == first

    def test_waiting_never_lifts_a_task_above_a_critical_one(self, queue: QueueUnderTest) -> None:
        queue.add("old", priority=Priority.HIGH)
        queue.hands.move(90 * DAY_S)
        queue.add("now", priority=Priority.CRITICAL)

        assert queue.take().task.title == "now"

    def test_only_the_named_project_is_searched(self, queue: QueueUnderTest) -> None:
        queue.add("theirs", project="elsewhere")
        queue.add("ours")

        assert queue.take(project=PROJECT).task.title == "ours"
        with pytest.raises(NothingToClaim):
            queue.take(project=PROJECT)

    def test_without_a_project_any_is_taken(self, queue: QueueUnderTest) -> None:
        queue.add("theirs", project="elsewhere")

        assert queue.take(project=None).task.project == "elsewhere"

    def test_an_agent_gets_only_what_it_can_do(self, queue: QueueUnderTest) -> None:
        queue.add("on a gpu", requires=("GPU", "linux"), priority=Priority.CRITICAL)
        queue.add("anywhere")

        assert queue.take(capabilities=("linux",)).task.title == "anywhere"
        with pytest.raises(NothingToClaim):
            queue.take(capabilities=("linux",))
        assert queue.take(capabilities=("gpu", "Linux", "mac")).task.title == "on a gpu"

    def test_a_task_behind_many_for_other_agents_is_found(self, queue: QueueUnderTest) -> None:
        for number in range(120):
            queue.add(f"gpu {number}", requires=("gpu",), priority=Priority.HIGH)
        queue.add("anywhere")

        assert queue.take().task.title == "anywhere"

    def test_labels_route_nothing(self, queue: QueueUnderTest) -> None:
        queue.add("tagged", labels=("gpu", "good first issue"))

        assert queue.take().task.title == "tagged"

    def test_a_named_task_is_taken_whatever_its_place(self, queue: QueueUnderTest) -> None:
        queue.add("first", priority=Priority.CRITICAL)
        queue.add("second", requires=("gpu",))

        taken = queue.take(task_id="T-2", project=PROJECT, capabilities=("GPU",))

        assert taken.task.title == "second"

    def test_a_named_task_is_only_for_an_agent_that_can_do_it(self, queue: QueueUnderTest) -> None:
        queue.add(requires=("gpu", "mac", "linux"))

        with pytest.raises(LacksCapability):
            queue.take(task_id="T-1", capabilities=("mac",))

        assert queue.board.get("T-1").status is Status.PENDING

    def test_a_named_task_of_another_project_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add("theirs", project="elsewhere")

        with pytest.raises(UsageProblem, match="elsewhere"):
            queue.take(task_id="T-1", project=PROJECT)

    @pytest.mark.parametrize("task_id", ["T-2", "T-0", "T-01", "t-1", "1", "T-1 ", "T-9999999999999999999"])
    def test_a_task_that_does_not_exist_cannot_be_taken(self, queue: QueueUnderTest, task_id: str) -> None:
        queue.add()

        with pytest.raises(UnknownTask):
            queue.take(task_id=task_id)

    def test_a_named_task_in_other_hands_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.take("ada")

        with pytest.raises(AlreadyClaimed, match="ada"):
            queue.take("bob", task_id="T-1")

    def test_a_named_task_that_has_ended_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.board.cancel("T-1")

        with pytest.raises(InvalidTransition):
            queue.take(task_id="T-1")

    def test_a_named_task_that_waits_for_an_answer_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.board.update("T-1", TaskChange(status=Status.BLOCKED))

        with pytest.raises(InvalidTransition):
            queue.take(task_id="T-1")

    def test_a_named_task_that_waits_for_others_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.add("later", needs=("T-1",))

        with pytest.raises(NotReady):
            queue.take(task_id="T-2")

    @pytest.mark.parametrize("outcome", [Outcome.INVALID_REQUEST, Outcome.CANCELLED])
    def test_a_named_task_that_waits_for_ever_is_refused_for_good(
        self, queue: QueueUnderTest, outcome: Outcome
    ) -> None:
        queue.add()
        queue.add("later", needs=("T-1",))
        queue.board.finish("T-1", Ending(outcome=outcome))

        with pytest.raises(InvalidTransition):
            queue.take(task_id="T-2")

    def test_a_named_task_that_is_parked_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()
        queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT))

        with pytest.raises(NotReady):
            queue.take(task_id="T-1")

    @pytest.mark.parametrize(
        "fields",
        [
            {"agent_id": ""},
            {"agent_id": "a\nb"},
            {"request_id": " "},
            {"lease_s": 0.0},
            {"lease_s": float("nan")},
            {"lease_s": 1e9},
            {"capabilities": ("no spaces",)},
            {"run_id": "r\x00"},
        ],
    )
    def test_a_claim_with_bad_values_is_refused(
        self, queue: QueueUnderTest, fields: dict[str, object]
    ) -> None:
        queue.add()

        with pytest.raises(UsageProblem):
            queue.take(**fields)  # type: ignore[arg-type]  # test shorthand
        assert queue.board.get("T-1").status is Status.PENDING


class ClaimsContract(
    ClaimingContract,
    RepeatedClaimContract,
    LeaseContract,
    LostHolderContract,
    NeedsContract,
    EndingContract,
    RepeatedEndingContract,
    ReleaseContract,
    KilledClaimerContract,
    CheckContract,
    PauseContract,
    ResumedRunContract,
    SteppedClockContract,
):
    """All of it."""
