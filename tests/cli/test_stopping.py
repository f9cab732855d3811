"""Ctrl-C and its kin, while a command works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def test_who_watches_is_told_once(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with stop_on_interrupt() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait(5)

    assert capfd.readouterr().err == "\nstopping ...\n"


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
