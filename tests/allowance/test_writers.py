"""Processes that reserve at the same time, and are killed: no limit is passed, nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import runner
from tests.allowance.folders import stored

HOME = str(Path(runner.__file__).resolve().parents[1])

WRITER = """
import os, sys, time
from runner.allowance.files.ledger import FileLedger
from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits
folder, name, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = FileLedger(folder, lambda agent: Limits(daily_jobs=limit), time.time, lambda holder: True, timeout_s=60)
me = holder_of_this_process()
os.write(1, b"ready\\n")
sys.stdin.readline()
number = 0
while ledger.reserve(Ask(id=f"{name}-{number}", agent_id="me", model="m", tokens=1, cost_nano=1), me).granted:
    os.write(1, f"{name}-{number}\\n".encode())
    number += 1
"""


def start_writers(folder: Path, count: int, limit: int) -> list[subprocess.Popen[bytes]]:
    """Processes that reserve as fast as they can, all let off together."""
    environment = {**os.environ, "PYTHONPATH": HOME}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), f"w{index}", str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        for index in range(count)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    return writers


def acknowledged(writers: list[subprocess.Popen[bytes]]) -> set[str]:
    told = [writer.communicate(timeout=60)[0].decode() for writer in writers]
    return {line for text in told for line in text.splitlines()}


def test_eight_processes_get_exactly_what_the_limit_allows(tmp_path: Path) -> None:
    writers = start_writers(tmp_path / "allowance", 8, limit=200)

    granted = acknowledged(writers)

    assert {writer.returncode for writer in writers} == {0}
    assert len(granted) == 200
    assert stored(tmp_path / "allowance") == granted


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.long)])
def test_killed_writers_lose_nothing_that_was_acknowledged(folder: Path, rounds: int) -> None:
    granted: set[str] = set()
    for number in range(rounds):
        writers = start_writers(folder / str(number), 4, limit=10_000)
        for index, writer in enumerate(writers):
            time.sleep(0.01 + 0.013 * ((number + index) % 5))
            writer.send_signal(signal.SIGKILL)
        told, kept = acknowledged(writers), stored(folder / str(number))

        assert told <= kept
        assert len(kept) <= len(told) + len(writers)
        granted |= told

    assert granted
