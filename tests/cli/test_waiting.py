"""`runner claim --wait`: cheap looks at the queue until there is something to do, and an end when told."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.allowance.model import Limits
from runner.cli import waiting
from runner.cli.waiting import standing, wait_for_news
from runner.errors import Stopped
from runner.process.stop import Stop, StopReason
from runner.tasks.embedded import Clock
from runner.tasks.model import ClaimRequest, Ending, NewTask, Outcome
from tests.cli.console import Console, python_runner
from tests.support.git import Sandbox
from tests.support.memory_queue import memory_queue
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often: a test waits for what happens, never for time to pass."""
    monkeypatch.setattr(waiting, "LOOK_S", (0.01, 0.02))


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Let somebody else do something while the block waits."""
    thread = threading.Timer(0.1, work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def new(title: str = "Fix add") -> NewTask:
    return NewTask(title=title, project="widget")


def test_a_new_task_is_news() -> None:
    _, board = memory_queue()
    before = standing(board, "widget")

    with meanwhile(lambda: board.create(new(), request_id="1")):
        wait_for_news(board, "widget", before, Stop())

    assert standing(board, "widget") != before


def test_a_task_of_another_project_is_none() -> None:
    _, board = memory_queue()
    before = standing(board, "widget")

    board.create(NewTask(title="Theirs", project="elsewhere"), request_id="1")

    assert standing(board, "widget") == before
    assert standing(board, None) != before


def test_a_parked_task_whose_time_has_come_is_news() -> None:
    past = datetime.now(UTC) - timedelta(hours=2)
    claims, board = memory_queue(Clock(wall=lambda: past))
    board.create(new(), request_id="1")
    claimed = claims.claim(ClaimRequest(agent_id="me", request_id="2"))
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    claims.complete(claimed.lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=soon))
    before = standing(board, None)

    wait_for_news(board, None, before, Stop())

    assert datetime.now(UTC) >= soon


def test_nothing_new_for_long_is_a_reason_to_try_anyhow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LONGEST_S", 0.05)
    _, board = memory_queue()

    wait_for_news(board, None, standing(board, None), Stop())


def test_who_is_told_to_stop_waits_no_longer() -> None:
    _, board = memory_queue()
    stop = Stop()

    with meanwhile(lambda: stop.set(StopReason.INTERRUPTED)), pytest.raises(Stopped):
        wait_for_news(board, None, standing(board, None), stop)


@pytest.fixture
def recorded(console: Console, tmp_path: Path) -> Console:
    """Claude is a recorded run that mends the sum."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    return console


def test_a_claim_waits_for_a_task(recorded: Console, repository: Sandbox) -> None:
    def submit() -> None:
        subprocess.run(**python_runner("submit", "Fix add", cwd=repository.path), capture_output=True)

    with meanwhile(submit):
        report = recorded("claim", "--wait", "--json").json

    assert (report["task_id"], report["outcome"]) == ("T-1", "done")


def test_a_claim_waits_for_another_run_to_end(recorded: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LONGEST_S", 0.1)
    recorded.ok("submit", "Fix add")
    recorded.ok("allowance", "set", "--concurrent-jobs", "1")
    ledger = recorded.hold("r-other", limits=Limits(concurrent_jobs=1))

    with meanwhile(lambda: ledger.release("r-other")):
        report = recorded("claim", "--wait", "--json").json

    assert report["outcome"] == "done"


def test_a_limit_that_only_a_person_can_change_is_not_waited_for(recorded: Console) -> None:
    recorded.ok("submit", "Fix add")
    recorded.ok("allowance", "set", "--daily-jobs", "0")

    code, message, hint = recorded("claim", "--wait").error

    assert code == 4
    assert "me" in message
    assert "runner allowance set --daily-jobs" in hint
    assert recorded.show("T-1")["status"] == "pending"


def test_ctrl_c_ends_the_waiting(console: Console, repository: Sandbox) -> None:
    terminal, theirs = os.openpty()
    arguments = python_runner("claim", "--wait", cwd=repository.path)
    for name in ("timeout", "check"):
        del arguments[name]

    with subprocess.Popen(**arguments, stdout=subprocess.PIPE, stderr=theirs) as waiter:
        os.close(theirs)
        seen = _read_until(terminal, b"waiting (Ctrl-C ends it)")
        waiter.send_signal(signal.SIGINT)
        out, _ = waiter.communicate(timeout=30)
        seen += _read_until(terminal, b"error: stopped: interrupted")
    os.close(terminal)

    assert waiter.returncode == 130
    assert out == ""
    assert b"is ready for me; waiting" in seen
    assert b"stopping ..." in seen
    assert console.holds() == []


def _read_until(terminal: int, words: bytes) -> bytes:
    seen, deadline = b"", time.monotonic() + 60
    while words not in seen and time.monotonic() < deadline:
        seen += os.read(terminal, 4096)
    return seen
