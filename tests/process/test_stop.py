"""The value that ends a run: the first reason wins, and everyone who waits wakes."""

from __future__ import annotations

import threading

import pytest

from runner.errors import Stopped
from runner.process.stop import Stop, StopReason
from tests.process.programs import interrupted_soon


def test_nothing_stops_before_a_reason_is_given() -> None:
    stop = Stop()

    stop.check()

    assert not stop.is_set()
    assert stop.reason is None
    assert not stop.wait(0.0)
    assert not stop.wait(-1.0)


def test_the_first_reason_wins() -> None:
    stop = Stop()

    first = stop.set(StopReason.LEASE_LOST, "fence 7 exists")
    second = stop.set(StopReason.INTERRUPTED, "Ctrl-C")

    assert (first, second) == (True, False)
    assert (stop.reason, stop.detail) == (StopReason.LEASE_LOST, "fence 7 exists")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (StopReason.LEASE_LOST, 3),
        (StopReason.CANCELLED, 130),
        (StopReason.INTERRUPTED, 130),
        (StopReason.DEADLINE, 1),
        (StopReason.TOKENS, 1),
        (StopReason.WHO_PAYS, 5),
    ],
)
def test_the_exit_code_follows_the_reason(reason: StopReason, code: int) -> None:
    stop = Stop()
    stop.set(reason)

    with pytest.raises(Stopped) as stopped:
        stop.check()

    assert (stopped.value.exit_code, stopped.value.reason) == (code, reason.value)
    assert reason.value.replace("_", " ") in str(stopped.value)


def test_everyone_who_waits_wakes() -> None:
    stop = Stop()
    woken: list[bool] = []
    waiters = [threading.Thread(target=lambda: woken.append(stop.wait(30.0))) for _ in range(3)]
    for waiter in waiters:
        waiter.start()

    stop.set(StopReason.CANCELLED)

    for waiter in waiters:
        waiter.join(10.0)
    assert woken == [True, True, True]
    assert stop.wait(30.0)


def test_of_many_who_set_it_at_once_one_is_the_first() -> None:
    stop = Stop()
    start = threading.Barrier(8)
    answers: list[bool] = []

    def set_it() -> None:
        start.wait(10.0)
        answers.append(stop.set(StopReason.TOKENS))

    threads = [threading.Thread(target=set_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)

    assert sorted(answers) == [False] * 7 + [True]


def test_a_signal_handler_wakes_the_thread_that_it_interrupts() -> None:
    stop = Stop()

    with interrupted_soon(lambda: stop.set(StopReason.INTERRUPTED)):
        woken = stop.wait(30.0)

    assert woken
    assert stop.reason is StopReason.INTERRUPTED


def test_a_callback_is_called_once_it_is_set_and_at_once_afterwards() -> None:
    stop = Stop()
    calls: list[str] = []
    stop.on_set(lambda: calls.append("early"))

    stop.set(StopReason.CANCELLED)
    stop.on_set(lambda: calls.append("late"))

    assert calls == ["early", "late"]


def test_a_forgotten_callback_is_not_called() -> None:
    stop = Stop()
    calls: list[str] = []

    def callback() -> None:
        calls.append("called")

    stop.on_set(callback)
    stop.forget(callback)
    stop.forget(callback)
    stop.set(StopReason.CANCELLED)

    assert calls == []


def test_a_reason_that_is_put_off_waits_and_any_other_does_not() -> None:
    stop = Stop()
    stop.put_off(StopReason.INTERRUPTED)

    first = stop.set(StopReason.INTERRUPTED, "Ctrl-C")
    second = stop.set(StopReason.INTERRUPTED, "Ctrl-C")

    assert (first, second) == (True, False)
    assert (stop.is_put_off, stop.is_set()) == (True, False)

    stop.hear()
    stop.hear()

    assert (stop.reason, stop.detail, stop.is_put_off) == (StopReason.INTERRUPTED, "Ctrl-C", False)


def test_what_is_heard_at_once_wins_over_what_was_put_off() -> None:
    stop = Stop()
    stop.put_off(StopReason.INTERRUPTED)
    stop.set(StopReason.INTERRUPTED, "Ctrl-C")

    lost = stop.set(StopReason.LEASE_LOST, "fence 7 exists")
    stop.hear()

    assert lost
    assert stop.reason is StopReason.LEASE_LOST
    assert not stop.set(StopReason.INTERRUPTED, "again")


def test_nothing_put_off_means_that_all_is_heard_again() -> None:
    stop = Stop()
    stop.put_off(StopReason.INTERRUPTED)
    stop.hear()

    stop.set(StopReason.INTERRUPTED)

    assert stop.is_set()
