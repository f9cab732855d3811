"""Ctrl-C and its kin, while a command works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.cli import stopping
from runner.cli.stopping import SIGNALS, stop_on_interrupt
from runner.process.stop import StopReason
from tests.cli.console import Console, python_runner, script
from tests.support.git import Sandbox


@pytest.mark.parametrize("number", SIGNALS)
def test_each_of_them_asks_for_an_end_in_good_order(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with stop_on_interrupt() as stop:
        os.kill(os.getpid(), number)
        assert stop.wait(5)

    assert stop.reason is StopReason.INTERRUPTED
    assert signal.getsignal(number) is before


def test_what_a_parent_has_switched_off_stays_off() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_interrupt() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.wait(0.05)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_who_watches_is_told_once_however_often_the_same_ctrl_c_arrives(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(stopping, "TWICE_AFTER_S", 3600.0)

    with stop_on_interrupt() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait(5)

    assert capfd.readouterr().err == "\nstopping ... (Ctrl-C again ends it at once)\n"


SLEEPER = """
import os, signal, sys, time
from runner.cli.stopping import stop_on_interrupt
from runner.process.stop import StopReason

with stop_on_interrupt() as stop:
    if sys.argv[1] == "lost":
        stop.set(StopReason.LEASE_LOST, "somebody else has it")
    print("ready", flush=True)
    for _ in range(600):
        time.sleep(0.1)
        if stop.is_set() and sys.argv[1] == "good order":
            break
        if stop.is_set():
            print(f"told: {stop.reason.value}", flush=True)
            sys.argv[1] = ""
"""


def sleeper(how: str = "") -> subprocess.Popen[str]:
    """A process that waits inside of the block, and says when it was told to stop."""
    arguments = python_runner()
    return subprocess.Popen(
        [sys.executable, "-c", SLEEPER, how],
        env=arguments["env"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_ctrl_c_ends_the_process_at_once() -> None:
    with sleeper() as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        told = line_of(process)
        time.sleep(stopping.TWICE_AFTER_S)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)

    assert told == "told: interrupted"
    assert process.returncode == 130
    assert "`runner resume`" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_kin_of_ctrl_c_ask_twice_as_they_ask_once(number: signal.Signals) -> None:
    with sleeper("good order") as process:
        line_of(process)
        process.send_signal(number)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (0, "")


def test_the_first_ctrl_c_after_another_reason_to_stop_ends_nothing() -> None:
    with sleeper("lost") as process:
        line_of(process)
        told = line_of(process)
        process.send_signal(signal.SIGINT)
        time.sleep(stopping.TWICE_AFTER_S)
        still_there = process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert told == "told: lease_lost"
    assert still_there
    assert process.returncode == 130


def test_an_interrupted_run_gives_everything_back(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    """Ctrl-C reaches the whole group of processes at a terminal; the real one, in the real program."""
    started = tmp_path / "started"
    program = script(
        tmp_path / "claude",
        f'if [ "$1" = --version ]; then echo "2.1.0 (Claude Code)"; exit 0; fi\ncat > {started}\nexec sleep 600\n',
    )
    console.ok("submit", "Fix add")
    arguments = python_runner("claim", "--json", cwd=repository.path, RUNNER_CLAUDE_PROGRAM=program)
    for name in ("timeout", "check"):
        del arguments[name]

    with subprocess.Popen(**arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as claiming:
        deadline = time.monotonic() + 60
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        claiming.send_signal(signal.SIGINT)
        out, err = claiming.communicate(timeout=60)

    task = console.show("T-1")
    assert claiming.returncode == 130, err
    assert '"outcome": "cancelled"' in out
    assert (task["status"], task["attempts"], task["claimed_by"]) == ("pending", [], None)
    assert console.holds() == []
    assert console.leftovers() == []
    assert repository.branches() == ["main"]
