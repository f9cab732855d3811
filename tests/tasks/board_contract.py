"""What every driver of `TaskBoard` promises about tasks and lists; joined like `claims_contract`."""

from __future__ import annotations

import pytest

from runner.errors import UnknownTask, UsageProblem
from runner.tasks.model import (
    Ending,
    FileReference,
    NewTask,
    Outcome,
    Priority,
    Status,
    TaskChange,
    TaskFilter,
)
from tests.support.queues import ALL, PROJECT, QueueUnderTest
from tests.tasks.closes_contract import ClosesContract
from tests.tasks.steering_contract import SteeringContract


class CreatingContract:
    """Putting tasks in."""

    def test_a_task_keeps_what_it_was_given(self, queue: QueueUnderTest) -> None:
        new = NewTask(
            title="  Fix the clock ",
            project=PROJECT,
            description="It is late.\n\tOne hour.",
            priority=Priority.HIGH,
            labels=("bug", "good first issue", "bug"),
            requires=("GPU", "linux/arm64"),
            files=(FileReference(path="src/clock.py", start=3, end=9), FileReference(path="ünï: code.md")),
            closes=("12", "acme/widget#7", "#12", "https://github.com/acme/widget/issues/8?x#y"),
            max_attempts=5,
            model="opus",
        )

        task = queue.board.create(new, request_id="r-1")

        assert (task.id, task.title, task.project) == ("T-1", "Fix the clock", PROJECT)
        assert task.description == "It is late.\n\tOne hour."
        assert (task.priority, task.max_attempts, task.model) == (Priority.HIGH, 5, "opus")
        assert (task.labels, task.requires) == (("bug", "good first issue"), ("gpu", "linux/arm64"))
        assert task.files == new.files
        assert task.closes == ("#12", "acme/widget#7", "https://github.com/acme/widget/issues/8")
        assert (task.status, task.fence, task.attempts, task.result) == (Status.PENDING, 0, (), None)
        assert task.created_at == task.updated_at == queue.hands.now()
        assert queue.board.get("T-1") == task

    def test_ids_count_upwards(self, queue: QueueUnderTest) -> None:
        assert [queue.add().id for _ in range(3)] == ["T-1", "T-2", "T-3"]

    def test_a_repeat_of_the_request_gives_the_same_task(self, queue: QueueUnderTest) -> None:
        new = NewTask(title="Fix the clock", project=PROJECT)
        first = queue.board.create(new, request_id="once")

        again = queue.board.create(new, request_id="once")

        assert again == first
        assert len(queue.all()) == 1

    def test_the_same_request_id_for_another_task_is_refused(self, queue: QueueUnderTest) -> None:
        queue.board.create(NewTask(title="one", project=PROJECT), request_id="once")

        with pytest.raises(UsageProblem, match="once"):
            queue.board.create(NewTask(title="two", project=PROJECT), request_id="once")
        assert len(queue.all()) == 1

    def test_the_same_task_can_be_submitted_again_a_week_later(self, queue: QueueUnderTest) -> None:
        new = NewTask(title="Fix the clock", project=PROJECT)
        queue.board.create(new, request_id="once")
        queue.hands.move(7 * 86_400 + 1)

        assert queue.board.create(new, request_id="once").id == "T-2"

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "   "},
            {"title": "two\nlines"},
            {"title": "bell\x07"},
            {"title": "half a character \udcff"},
            {"title": "x" * 201},
            {"project": ""},
            {"description": "nul \x00"},
            {"description": "ä" * 2_500_001},
            {"labels": ("",)},
            {"labels": ("two\nlines",)},
            {"labels": tuple(f"label {number}" for number in range(101))},
            {"requires": ("two words",)},
            {"files": (FileReference(path=""),)},
            {"files": (FileReference(path="a\tb"),)},
            {"files": (FileReference(path="a", start=0),)},
            {"files": (FileReference(path="a", start=5, end=4),)},
            {"files": (FileReference(path="a", end=4),)},
            {"files": tuple(FileReference(path=f"{number}.py") for number in range(101))},
            {"closes": ("",)},
            {"closes": ("twelve",)},
            {"closes": tuple(str(number) for number in range(1, 22))},
            {"max_attempts": 0},
            {"max_attempts": 101},
            {"model": ""},
        ],
    )
    def test_a_task_with_bad_values_is_refused(
        self, queue: QueueUnderTest, fields: dict[str, object]
    ) -> None:
        with pytest.raises(UsageProblem):
            queue.add(**fields)  # type: ignore[arg-type]  # test shorthand
        assert queue.all() == ()
        assert queue.add().id == "T-1"

    def test_a_request_needs_an_id(self, queue: QueueUnderTest) -> None:
        with pytest.raises(UsageProblem):
            queue.board.create(NewTask(title="one", project=PROJECT), request_id="")

    def test_a_need_that_does_not_exist_is_refused(self, queue: QueueUnderTest) -> None:
        queue.add()

        for need in ("T-2", "T-3", "clock"):
            with pytest.raises(UnknownTask, match=need):
                queue.add("later", needs=("T-1", need))
        assert len(queue.all()) == 1

    def test_needs_are_kept_in_their_order_and_once(self, queue: QueueUnderTest) -> None:
        for _ in range(3):
            queue.add()

        assert queue.add(needs=("T-3", "T-1", "T-3")).needs == ("T-3", "T-1")


class ListingContract:
    """Looking at tasks."""

    def test_a_task_that_does_not_exist_cannot_be_got(self, queue: QueueUnderTest) -> None:
        with pytest.raises(UnknownTask, match="T-1"):
            queue.board.get("T-1")

    def test_an_empty_queue_lists_nothing(self, queue: QueueUnderTest) -> None:
        assert queue.all() == ()

    def test_open_tasks_come_in_the_order_of_the_queue_and_ended_ones_last(
        self, queue: QueueUnderTest
    ) -> None:
        for title, priority in (
            ("a", Priority.LOW),
            ("b", Priority.MEDIUM),
            ("c", Priority.CRITICAL),
            ("d", Priority.HIGH),
            ("e", Priority.HIGH),
        ):
            queue.add(title, priority=priority)
            queue.hands.move(1)
        queue.board.cancel("T-4")
        queue.hands.move(1)
        queue.board.finish("T-2", Ending(outcome=Outcome.DONE))
        queue.take()

        assert [task.title for task in queue.all()] == ["c", "e", "a", "b", "d"]

    def test_at_most_the_limit_is_listed(self, queue: QueueUnderTest) -> None:
        for _ in range(4):
            queue.add()
        queue.board.cancel("T-1")

        assert [task.id for task in queue.board.list(TaskFilter(limit=2))] == ["T-2", "T-3"]
        assert [task.id for task in queue.board.list(TaskFilter(limit=4))] == ["T-2", "T-3", "T-4", "T-1"]

    @pytest.mark.parametrize("limit", [0, -1, 10_001])
    def test_a_limit_out_of_range_is_refused(self, queue: QueueUnderTest, limit: int) -> None:
        with pytest.raises(UsageProblem):
            queue.board.list(TaskFilter(limit=limit))

    @pytest.mark.parametrize(
        ("wanted", "ids"),
        [
            (TaskFilter(status=(Status.PENDING,)), ["T-2", "T-3"]),
            (TaskFilter(status=(Status.IN_PROGRESS, Status.CANCELLED)), ["T-1", "T-4"]),
            (TaskFilter(priority=Priority.HIGH), ["T-1", "T-2"]),
            (TaskFilter(project="elsewhere"), ["T-3"]),
            (TaskFilter(labels=("bug",)), ["T-1", "T-2"]),
            (TaskFilter(labels=("ui", "bug")), ["T-2"]),
            (TaskFilter(labels=("BUG",)), []),
            (TaskFilter(claimed_by="ada"), ["T-1"]),
            (TaskFilter(claimed_by="bob"), []),
            (TaskFilter(project=PROJECT, labels=("bug",), status=(Status.PENDING,)), ["T-2"]),
        ],
    )
    def test_a_filter_keeps_what_fits_all_of_it(
        self, queue: QueueUnderTest, wanted: TaskFilter, ids: list[str]
    ) -> None:
        queue.add(priority=Priority.HIGH, labels=("bug",))
        queue.add(priority=Priority.HIGH, labels=("ui", "bug"))
        queue.add(project="elsewhere")
        queue.add()
        queue.board.cancel("T-4")
        queue.take("ada")

        assert [task.id for task in queue.board.list(wanted)] == ids

    def test_many_tasks_are_listed_whole(self, queue: QueueUnderTest) -> None:
        for number in range(510):
            queue.add(f"task {number}", description=f"text {number}")

        tasks = queue.board.list(ALL)

        assert [task.description for task in tasks] == [f"text {number}" for number in range(510)]

    def test_tasks_are_counted_by_status(self, queue: QueueUnderTest) -> None:
        for _ in range(3):
            queue.add()
        queue.add(project="elsewhere")
        queue.board.cancel("T-2")
        queue.take(task_id="T-1")

        assert queue.board.counts() == {
            Status.PENDING: 2,
            Status.IN_PROGRESS: 1,
            Status.BLOCKED: 0,
            Status.COMPLETED: 0,
            Status.FAILED: 0,
            Status.CANCELLED: 1,
        }
        assert queue.board.counts("elsewhere")[Status.PENDING] == 1
        assert set(queue.board.counts("nowhere").values()) == {0}


class EventContract:
    """What happened."""

    def test_every_change_is_told_in_order(self, queue: QueueUnderTest) -> None:
        queue.add("first")
        queue.add("later", needs=("T-1",))
        queue.claims.complete(queue.take("ada").lease, Ending(outcome=Outcome.NEEDS_INPUT, question="?"))
        queue.board.answer("T-1", "yes")
        queue.claims.complete(queue.take("bob").lease, Ending(outcome=Outcome.DONE))
        queue.board.update("T-2", TaskChange(note="soon"))
        queue.board.cancel("T-2")

        events = queue.board.events()

        assert [(event.seq, event.name, event.task_id, event.agent_id) for event in events] == [
            (1, "TaskSubmitted", "T-1", None),
            (2, "TaskSubmitted", "T-2", None),
            (3, "TaskClaimed", "T-1", "ada"),
            (4, "TaskBlocked", "T-1", "ada"),
            (5, "TaskAnswered", "T-1", None),
            (6, "TaskClaimed", "T-1", "bob"),
            (7, "TaskCompleted", "T-1", "bob"),
            (8, "TaskReady", "T-2", None),
            (9, "TaskUpdated", "T-2", None),
            (10, "TaskCancelled", "T-2", None),
        ]
        assert {event.at for event in events} == {queue.hands.now()}

    def test_events_go_on_after_any_of_them(self, queue: QueueUnderTest) -> None:
        for _ in range(5):
            queue.add()

        assert [event.seq for event in queue.board.events(after=2, limit=2)] == [3, 4]
        assert queue.board.events(after=5) == ()

    def test_events_of_one_task_leave_the_others_out(self, queue: QueueUnderTest) -> None:
        for _ in range(3):
            queue.add()
        queue.board.cancel("T-2")

        assert queue.event_names("T-2") == ["TaskSubmitted", "TaskCancelled"]
        with pytest.raises(UnknownTask):
            queue.board.events("T-9")

    def test_a_call_that_fails_tells_nothing(self, queue: QueueUnderTest) -> None:
        queue.add()
        before = queue.board.events()

        with pytest.raises(UsageProblem):
            queue.board.update("T-1", TaskChange(progress=200))
        with pytest.raises(UnknownTask):
            queue.board.cancel("T-2")

        assert queue.board.events() == before


class BoardContract(CreatingContract, ListingContract, EventContract, ClosesContract, SteeringContract):
    """All of it."""
