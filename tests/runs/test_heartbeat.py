"""The background renewal of a lease, over a queue that can be told to fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from runner.errors import LeaseLost, LeaseUnconfirmed, Stopped, StoreFailed, TaskCancelled
from runner.process.stop import Stop, StopReason
from runner.runs import heartbeat
from runner.runs.heartbeat import Heartbeat
from runner.tasks.model import Claimed, ClaimRequest, Ending, Lease, Report, Task


class Queue:
    """Renews as long as no error is planned; keeps every report. `found` is what a look finds, nothing by default."""

    def __init__(self, *errors: Exception, found: Exception | None = None) -> None:
        self.reports: list[Report] = []
        self.errors = list(errors)
        self.found = found
        self.looks = 0

    def renew(self, lease: Lease, report: Report) -> Lease:
        self.reports.append(report)
        if self.errors:
            raise self.errors.pop(0)
        return Lease(
            task_id=lease.task_id, fence=lease.fence, duration_s=lease.duration_s, taken_at=time.monotonic()
        )

    def check(self, lease: Lease) -> None:
        self.looks += 1
        if self.found is not None:
            raise self.found

    def claim(self, request: ClaimRequest) -> Claimed:
        raise AssertionError("a heartbeat claims nothing")

    def complete(self, lease: Lease, ending: Ending) -> Task:
        raise AssertionError("a heartbeat completes nothing")

    def release(self, lease: Lease, *, note: str, park_s: float = 0.0) -> Task:
        raise AssertionError("a heartbeat releases nothing")


def lease(duration_s: float = 60.0) -> Lease:
    return Lease(task_id="T-1", fence=1, duration_s=duration_s, taken_at=time.monotonic())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_a_lease_is_renewed_by_itself_again_and_again() -> None:
    queue = Queue()

    with Heartbeat(queue, lease(0.06), Stop()):
        wait_for(lambda: len(queue.reports) >= 3)

    assert set(queue.reports) == {Report()}


def test_news_is_told_at_once_and_counts_as_a_beat() -> None:
    queue = Queue()
    beats: list[Lease] = []

    with Heartbeat(queue, lease(), Stop(), on_beat=beats.append) as beating:
        beating.tell(Report(progress=40, note="half"))

    assert queue.reports == [Report(progress=40, note="half")]
    assert beats == [beating.lease]


def test_a_lost_lease_stops_the_run_and_the_beats() -> None:
    lost = LeaseLost("a larger fence")
    queue, stop = Queue(lost, found=lost), Stop()

    with Heartbeat(queue, lease(0.03), stop):
        wait_for(stop.is_set)
        reports = len(queue.reports)
        threading.Event().wait(0.05)

    assert (stop.reason, stop.detail) == (StopReason.LEASE_LOST, "a larger fence")
    assert len(queue.reports) == reports


def test_a_cancelled_task_stops_the_run() -> None:
    stop = Stop()

    with (
        Heartbeat(Queue(TaskCancelled("T-1 was cancelled")), lease(), stop) as beating,
        pytest.raises(Stopped),
    ):
        beating.confirm()

    assert stop.reason is StopReason.CANCELLED


def test_a_queue_that_does_not_answer_is_told_and_tried_again() -> None:
    queue = Queue(StoreFailed("busy"))
    told: list[str] = []

    with Heartbeat(queue, lease(0.06), Stop(), on_failure=told.append):
        wait_for(lambda: len(queue.reports) >= 2)

    assert told == ["busy"]


def test_confirm_passes_while_the_lease_is_ours() -> None:
    queue = Queue()

    with Heartbeat(queue, lease(), Stop()) as beating:
        beating.confirm()

    assert queue.reports == [Report()]


def silent() -> Queue:
    """A queue that never answers."""
    return Queue(*[StoreFailed("the file is gone", hint="put it back")] * 100)


def test_a_queue_that_does_not_answer_holds_nothing_up_while_the_lease_surely_runs() -> None:
    with Heartbeat(silent(), lease(60.0), Stop()) as beating:
        beating.confirm()


@pytest.mark.parametrize("late_s", [46.0, 61.0, 3_600.0])
def test_once_the_lease_may_have_run_out_silence_is_no_leave(late_s: float) -> None:
    held = replace(lease(60.0), taken_at=time.monotonic() - late_s)

    with Heartbeat(silent(), held, Stop()) as beating, pytest.raises(LeaseUnconfirmed) as told:
        beating.confirm()

    assert str(told.value) == "the queue cannot be asked whether T-1 is still ours: the file is gone"
    assert told.value.hint == "put it back"


def test_time_that_the_machine_slept_counts() -> None:
    slept = 0.0
    queue = Queue()

    with Heartbeat(queue, lease(60.0), Stop(), clock=lambda: time.monotonic() + slept) as beating:
        beating.confirm()
        queue.errors = [StoreFailed("busy")] * 100
        beating.confirm()
        slept = 50.0
        with pytest.raises(LeaseUnconfirmed):
            beating.confirm()
        queue.errors = []
        beating.confirm()  # nobody took it meanwhile
        queue.errors = [StoreFailed("busy")] * 100
        beating.confirm()


def test_who_was_told_to_stop_hears_that_first() -> None:
    stop = Stop()
    stop.set(StopReason.INTERRUPTED)

    with Heartbeat(silent(), lease(1.0), stop) as beating, pytest.raises(Stopped):
        beating.confirm()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often: a test waits for what happens, never for time to pass."""
    monkeypatch.setattr(heartbeat, "LOOK_S", 0.01)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (TaskCancelled("T-1 was cancelled"), StopReason.CANCELLED),
        (LeaseLost("a larger fence"), StopReason.LEASE_LOST),
    ],
)
def test_a_task_that_is_gone_is_seen_long_before_the_next_beat(found: LeaseLost, reason: StopReason) -> None:
    queue, stop = Queue(), Stop()

    with Heartbeat(queue, lease(3_600.0), stop):
        wait_for(lambda: queue.looks >= 2)
        assert not stop.is_set()
        queue.found = found
        wait_for(stop.is_set)

    assert (stop.reason, stop.detail) == (reason, str(found))
    assert queue.reports == []


@pytest.mark.usefixtures("often")
def test_a_look_that_fails_is_left_to_the_next_beat() -> None:
    queue, stop, told = Queue(found=StoreFailed("busy")), Stop(), list[str]()

    with Heartbeat(queue, lease(), stop, on_failure=told.append):
        wait_for(lambda: queue.looks >= 3)

    assert (stop.reason, told) == (None, [])


def test_a_beat_that_comes_after_the_run_has_ended_its_task_stops_nothing() -> None:
    queue, stop = Queue(*[LeaseLost("it is completed")] * 100), Stop()

    with Heartbeat(queue, lease(0.03), stop):
        wait_for(lambda: queue.looks >= 2)

    assert stop.reason is None


def test_who_asks_before_an_outside_effect_is_told_whoever_ended_the_task() -> None:
    queue, stop = Queue(LeaseLost("it is completed")), Stop()

    with Heartbeat(queue, lease(), stop) as beating, pytest.raises(Stopped):
        beating.confirm()

    assert stop.reason is StopReason.LEASE_LOST


def test_a_lease_without_any_time_left_is_renewed_at_once() -> None:
    queue = Queue()

    with Heartbeat(queue, lease(0.0), Stop()):
        wait_for(lambda: len(queue.reports) >= 1)
