"""The background renewal of a lease, over a queue that can be told to fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from runner.errors import LeaseLost, Stopped, StoreFailed, TaskCancelled
from runner.process.stop import Stop, StopReason
from runner.runs.heartbeat import Heartbeat
from runner.tasks.model import Claimed, ClaimRequest, Ending, Lease, Report, Task


class Queue:
    """Renews as long as no error is planned; keeps every report."""

    def __init__(self, *errors: Exception) -> None:
        self.reports: list[Report] = []
        self.errors = list(errors)
        self.heard = threading.Event()

    def renew(self, lease: Lease, report: Report) -> Lease:
        self.reports.append(report)
        self.heard.set()
        if self.errors:
            raise self.errors.pop(0)
        return Lease(
            task_id=lease.task_id, fence=lease.fence, duration_s=lease.duration_s, taken_at=time.monotonic()
        )

    def claim(self, request: ClaimRequest) -> Claimed:
        raise AssertionError("a heartbeat claims nothing")

    def complete(self, lease: Lease, ending: Ending) -> Task:
        raise AssertionError("a heartbeat completes nothing")

    def release(self, lease: Lease, *, note: str) -> Task:
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

    with Heartbeat(queue, lease(), Stop(), on_beat=beats.append) as heartbeat:
        heartbeat.tell(Report(progress=40, note="half"))

    assert queue.reports == [Report(progress=40, note="half")]
    assert beats == [heartbeat.lease]


def test_a_lost_lease_stops_the_run_and_the_beats() -> None:
    queue, stop = Queue(LeaseLost("a larger fence")), Stop()

    with Heartbeat(queue, lease(0.03), stop):
        wait_for(stop.is_set)
        reports = len(queue.reports)
        threading.Event().wait(0.05)

    assert (stop.reason, stop.detail) == (StopReason.LEASE_LOST, "a larger fence")
    assert len(queue.reports) == reports


def test_a_cancelled_task_stops_the_run() -> None:
    stop = Stop()

    with (
        Heartbeat(Queue(TaskCancelled("T-1 was cancelled")), lease(), stop) as heartbeat,
        pytest.raises(Stopped),
    ):
        heartbeat.confirm()

    assert stop.reason is StopReason.CANCELLED


def test_a_queue_that_does_not_answer_is_told_and_tried_again() -> None:
    queue = Queue(StoreFailed("busy"))
    told: list[str] = []

    with Heartbeat(queue, lease(0.06), Stop(), on_failure=told.append):
        wait_for(lambda: len(queue.reports) >= 2)

    assert told == ["busy"]


def test_confirm_passes_while_the_lease_is_ours() -> None:
    queue = Queue()

    with Heartbeat(queue, lease(), Stop()) as heartbeat:
        heartbeat.confirm()

    assert queue.reports == [Report()]
