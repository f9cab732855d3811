"""A person cancels, or takes back, what a run on this machine works on: it ends at once, and leaves nothing."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.console import Console, python_runner, script
from tests.support.git import Sandbox

DAY_S = 86_400


@contextmanager
def at_work(repository: Sandbox, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A claim whose claude works for ever, and the process id of that; the next heartbeat comes in hours."""
    started = tmp_path / "started"
    program = script(
        tmp_path / "claude",
        '[ "$1" = --version ] && echo "2.1.0 (Claude Code)" && exit\n'
        f"echo $$ > {started}.new; mv {started}.new {started}\nexec sleep 600\n",
    )
    arguments = python_runner(
        "claim", "--json", cwd=repository.path, RUNNER_CLAUDE_PROGRAM=program, RUNNER_TASK_LEASE_S=str(DAY_S)
    )
    for name in ("timeout", "check"):
        del arguments[name]
    with subprocess.Popen(**arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as claiming:
        try:
            deadline = time.monotonic() + 60
            while not started.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            yield claiming, int(started.read_text())
        finally:
            claiming.kill()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "code", "outcome", "status"),
    [
        (("cancel", "T-1"), 130, "cancelled", "cancelled"),
        pytest.param(("release", "T-1"), 3, "lease_lost", "pending", marks=pytest.mark.long),
        pytest.param(("complete", "T-1"), 3, "lease_lost", "completed", marks=pytest.mark.long),
    ],
)
def test_a_run_ends_long_before_its_next_heartbeat(
    console: Console,
    repository: Sandbox,
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    outcome: str,
    status: str,
) -> None:
    console.ok("submit", "Fix add")

    with at_work(repository, tmp_path) as (claiming, claude):
        console.ok(*words)
        out, err = claiming.communicate(timeout=60)

    assert (claiming.returncode, f'"outcome": "{outcome}"' in out) == (code, True), err
    assert not is_there(claude)
    assert console.show("T-1")["status"] == status
    assert console.holds() == []
    assert console.leftovers() == []
