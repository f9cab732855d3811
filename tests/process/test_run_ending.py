"""How a program that runs to its end is ended: too long, stopped, interrupted; and what must not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.process.run import run
from runner.process.stop import Stop, StopReason
from tests.process.programs import (
    QUICK,
    appears,
    both,
    comes_true,
    environment,
    interrupted_soon,
    is_gone,
    open_descriptors,
    python,
    read_pid,
)


@both
def test_too_long_is_interrupted_first(sweep: bool) -> None:
    polite = "trap 'echo interrupted; exit 0' INT; echo ready; while :; do sleep 0.05; done"

    done = run(["sh", "-c", polite], env=environment(), timeout_s=0.5, sweep=sweep)

    assert (done.exit_code, done.timed_out, done.stopped) == (0, True, False)
    assert done.stdout == b"ready\ninterrupted\n"


@both
def test_then_terminated(sweep: bool) -> None:
    stubborn = "trap '' INT; trap 'echo terminated; exit 9' TERM; while :; do sleep 0.05; done"

    done = run(["sh", "-c", stubborn], env=environment(), timeout_s=0.5, sweep=sweep, grace=QUICK)

    assert (done.exit_code, done.timed_out) == (9, True)
    assert done.stdout == b"terminated\n"


@both
def test_then_killed(sweep: bool) -> None:
    deaf = "trap '' INT TERM; echo deaf; while :; do sleep 0.05; done"

    done = run(["sh", "-c", deaf], env=environment(), timeout_s=0.5, sweep=sweep, grace=QUICK)

    assert (done.exit_code, done.timed_out) == (-signal.SIGKILL, True)
    assert done.stdout == b"deaf\n"


@both
def test_a_stop_ends_it_at_once(sweep: bool) -> None:
    stop = Stop()
    timer = threading.Timer(0.2, lambda: stop.set(StopReason.LEASE_LOST))
    timer.start()

    done = run(["sleep", "60"], env=environment(), timeout_s=60, stop=stop, sweep=sweep)

    timer.join()
    assert (done.exit_code, done.stopped, done.timed_out) == (-signal.SIGINT, True, False)


def test_a_stop_that_was_set_before_starts_nothing(tmp_path: Path) -> None:
    stop = Stop()
    stop.set(StopReason.LEASE_LOST)

    done = run(["touch", str(tmp_path / "effect")], env=environment(), timeout_s=30, stop=stop)

    assert done.stopped
    assert done.exit_code != 0
    assert not (tmp_path / "effect").exists()


def test_a_signal_handler_can_stop_the_call_that_it_interrupts() -> None:
    stop = Stop()

    with interrupted_soon(lambda: stop.set(StopReason.INTERRUPTED)):
        done = run(["sleep", "60"], env=environment(), timeout_s=60, stop=stop)

    assert done.stopped


def test_many_calls_leave_nothing_on_the_stop() -> None:
    stop, before, threads = Stop(), open_descriptors(), threading.active_count()

    for sweep in (False, True):
        run(["true"], env=environment(), timeout_s=30, stop=stop, sweep=sweep)

    assert stop._callbacks == []
    assert open_descriptors() == before
    assert threading.active_count() == threads


@both
def test_a_grandchild_in_the_same_group_is_gone_with_the_child(sweep: bool, tmp_path: Path) -> None:
    done = run(
        ["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; echo done"],
        env=environment(),
        timeout_s=30,
        sweep=sweep,
    )

    assert done.stdout == b"done\n"
    assert comes_true(lambda: is_gone(read_pid(tmp_path / "pid")))


def test_a_stranger_that_holds_the_output_open_does_not_hold_us(tmp_path: Path) -> None:
    code = f"setsid sh -c 'echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 60' & " \
           f"while [ ! -e {tmp_path}/pid ]; do sleep 0.02; done; echo done"  # fmt: skip

    done = run(["sh", "-c", code], env=environment(), timeout_s=30)

    assert (done.exit_code, done.stdout) == (0, b"done\n")
    os.kill(read_pid(tmp_path / "pid"), signal.SIGKILL)


def test_where_the_end_of_a_process_cannot_be_waited_for_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "pidfd_open")

    done = run(
        python("import os, time; os.close(1); os.close(2); time.sleep(0.1)"), env=environment(), timeout_s=30
    )

    assert done.exit_code == 0


INTERRUPTED = """
import os, sys
from runner.process.run import run
try:
    run(["sh", "-c", "echo $$ > $0.new; mv $0.new $0; exec sleep 60", sys.argv[1]], env=dict(os.environ), timeout_s=60,
        sweep=sys.argv[2] == "True")
except KeyboardInterrupt:
    print("interrupted")
"""


@both
def test_a_keyboard_interrupt_passes_and_leaves_no_child(sweep: bool, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "pid"), str(sweep)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, start_new_session=True) as caller:
        assert appears(tmp_path / "pid")

        caller.send_signal(signal.SIGINT)
        said = caller.communicate(timeout=30)[0]

    assert said == b"interrupted\n"
    assert is_gone(read_pid(tmp_path / "pid"))
