"""The stop ladder, rung by rung, with the time handed in."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from runner.errors import OutsideTrouble
from runner.process.ending import Ending, Grace
from runner.process.exchange import Exchange
from runner.process.stop import Stop, StopReason
from runner.process.wake import Wake

GRACE = Grace(interrupt_s=5.0, terminate_s=3.0, kill_s=2.0, force_s=1.0)


class Deaf:
    """A child that nothing reaches; it keeps what was tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.pid = 4711

    def signal(self, number: int) -> None:
        self.tried.append(signal.Signals(number).name)

    def force(self) -> None:
        self.tried.append("force")

    def collect(self) -> int:
        return 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError


def ending(child: Deaf, *, deadline: float = 100.0, stop: Stop | None = None) -> Ending:
    return Ending(child, deadline=deadline, stop=stop or Stop(), grace=GRACE)  # type: ignore[arg-type]  # no pipes


def test_nothing_happens_before_the_deadline() -> None:
    child = Deaf()
    watched = ending(child)

    watched.climb(99.9)

    assert child.tried == []
    assert watched.next_in(99.0) == 1.0
    assert not watched.timed_out


def test_each_rung_has_its_grace() -> None:
    child = Deaf()
    watched = ending(child)
    tried = {}

    for now in (100.0, 104.9, 105.0, 107.9, 108.0, 109.9, 110.0, 110.9):
        watched.climb(now)
        tried[now] = len(child.tried)

    assert child.tried == ["SIGINT", "SIGTERM", "SIGKILL", "force"]
    assert list(tried.values()) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert watched.timed_out
    assert not watched.stopped


def test_a_late_look_leaves_no_rung_out() -> None:
    child = Deaf()
    watched = ending(child)

    watched.climb(100.0)
    watched.climb(1000.0)
    watched.climb(1000.0)

    assert child.tried == ["SIGINT", "SIGTERM"]
    assert watched.next_in(1000.0) == 3.0
    assert watched.next_in(2000.0) == 0.0


def test_who_takes_no_signal_at_all_is_given_up_with_a_hint() -> None:
    child = Deaf()
    watched = ending(child)
    for now in (100.0, 200.0, 300.0, 400.0):
        watched.climb(now)

    for now in (500.0, 600.0):
        with pytest.raises(OutsideTrouble, match="4711") as trouble:
            watched.climb(now)

    assert trouble.value.hint


def test_a_stop_is_told_apart_from_the_deadline() -> None:
    child, stop = Deaf(), Stop()
    watched = ending(child, stop=stop)
    stop.set(StopReason.CANCELLED)

    watched.climb(500.0)

    assert (watched.stopped, watched.timed_out) == (True, False)
    assert child.tried == ["SIGINT"]


def test_somebody_s_wish_is_neither() -> None:
    child = Deaf()
    watched = ending(child)
    watched.wanted = True

    watched.climb(1.0)

    assert (watched.stopped, watched.timed_out) == (False, False)
    assert child.tried == ["SIGINT"]


def test_who_says_nothing_for_too_long_is_ended() -> None:
    child = Deaf()
    watched = ending(child)
    watched.limit_silence(10.0, now=1.0)
    watched.hear(5.0)

    watched.listened(14.9)
    watched.climb(14.9)
    assert (child.tried, watched.next_in(14.0)) == ([], 1.0)

    watched.listened(15.0)
    watched.climb(15.5)
    assert (child.tried, watched.silent_s) == (["SIGINT"], 10.5)
    assert not watched.timed_out


def test_only_who_was_listened_to_is_called_silent() -> None:
    child = Deaf()
    watched = ending(child, deadline=1000.0)
    watched.limit_silence(10.0, now=0.0)

    # We were stopped ourselves meanwhile; what it has said waits in the pipe.
    watched.climb(500.0)
    watched.hear(500.1)
    watched.listened(500.1)
    watched.climb(500.2)

    assert child.tried == []


def test_a_limit_on_silence_can_be_lifted_and_set_anew() -> None:
    child = Deaf()
    watched = ending(child)
    watched.limit_silence(10.0, now=0.0)
    watched.limit_silence(None, now=1.0)

    watched.listened(99.0)
    watched.climb(99.0)
    assert (child.tried, watched.next_in(99.0)) == ([], 1.0)

    watched.limit_silence(0.5, now=99.0)
    assert watched.next_in(99.0) == 0.5


def test_an_end_that_is_wanted_by_a_time_comes_then_and_the_earliest_counts() -> None:
    child = Deaf()
    watched = ending(child)
    watched.want_by(20.0)
    watched.want_by(50.0)

    watched.climb(19.9)
    assert (child.tried, watched.next_in(19.0)) == ([], 1.0)

    watched.climb(20.0)
    assert (child.tried, watched.timed_out, watched.silent_s) == (["SIGINT"], False, 0.0)


def test_kill_leaves_the_polite_rungs_out_and_is_done_once() -> None:
    child = Deaf()
    watched = ending(child)

    watched.kill(1.0)
    watched.kill(1.5)
    watched.climb(2.9)
    watched.climb(3.0)

    assert child.tried == ["SIGKILL", "force"]


class Unreachable(Deaf):
    """A real process that our signals do not reach, like one in the kernel's hands."""

    def __init__(self) -> None:
        super().__init__()
        self._process = subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self._process


def test_a_process_that_cannot_be_ended_does_not_hold_us_for_ever() -> None:
    child = Unreachable()
    swift = Grace(interrupt_s=0.01, terminate_s=0.01, kill_s=0.01, force_s=0.01)

    with (
        pytest.raises(OutsideTrouble, match="does not end"),
        Exchange(
            child,  # type: ignore[arg-type]  # `process` is read-only here
            timeout_s=0.01,
            stop=None,
            grace=swift,
            on_stdout=lambda _: None,
            on_stderr=lambda _: None,
        ) as exchange,
    ):
        exchange.to_end()

    assert child.tried == ["SIGINT", "SIGTERM", "SIGKILL", "force"]
    child.process.kill()
    child.process.wait()


def test_a_wake_is_seen_once_and_harmless_after_its_end() -> None:
    wake = Wake()
    wake.clear()
    for _ in range(70_000):  # more than the pipe holds
        wake.set()

    seen = os.read(wake.reader, 1)
    wake.clear()
    wake.close()
    wake.set()
    wake.close()

    assert seen == b"!"
