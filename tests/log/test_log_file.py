"""The log's file: bounded, and shared by several processes without losing a line."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path

from runner.log_file import LogFile


def lines_to(path: Path, numbers: range, *, limit_bytes: int, kept_files: int) -> None:
    troubles: list[Exception] = []
    file = LogFile(path, on_trouble=troubles.append, limit_bytes=limit_bytes, kept_files=kept_files)
    for number in numbers:
        file.emit(logging.makeLogRecord({"msg": f"line {number:04}"}))
    assert troubles == []


def test_a_full_file_moves_up_and_the_oldest_goes(tmp_path: Path) -> None:
    lines_to(tmp_path / "runner.log", range(20), limit_bytes=40, kept_files=2)

    files = {path.name: path.read_text().split("\n")[:-1] for path in tmp_path.iterdir()}
    assert files == {
        "runner.log": ["line 0016", "line 0017", "line 0018", "line 0019"],
        "runner.log.1": ["line 0012", "line 0013", "line 0014", "line 0015"],
        "runner.log.2": ["line 0008", "line 0009", "line 0010", "line 0011"],
    }


def test_a_line_longer_than_the_limit_is_still_written(tmp_path: Path) -> None:
    lines_to(tmp_path / "runner.log", range(3), limit_bytes=1, kept_files=5)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["runner.log", "runner.log.1", "runner.log.2"]


def test_while_another_process_moves_the_files_lines_go_on(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    lines_to(tmp_path / "runner.log", range(10), limit_bytes=40, kept_files=2)

    os.close(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["runner.log"]
    assert len((tmp_path / "runner.log").read_text().splitlines()) == 10


WRITER = """
import logging, sys
from pathlib import Path
from runner.log_file import LogFile
file = LogFile(Path(sys.argv[1]), on_trouble=lambda e: sys.exit(str(e)), limit_bytes=2000, kept_files=100)
for number in range(200):
    file.emit(logging.makeLogRecord({"msg": f"{sys.argv[2]} {number:04}"}))
"""


def test_several_processes_lose_no_line(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "runner.log"), name], cwd=root)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.wait(60) == 0

    lines = sorted(line for path in tmp_path.iterdir() for line in path.read_text().splitlines())
    assert lines == [f"{name} {number:04}" for name in "ab" for number in range(200)]
