"""Locks on files and folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.errors import Busy, StoreFailed
from runner.file_lock import one_holder, one_writer
from tests.process.programs import open_descriptors

BUSY = Busy("somebody works on it", hint="wait")


def test_one_writer_at_a_time_and_no_file_stays_behind(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    entered, seen = threading.Event(), []

    def other() -> None:
        entered.set()
        with one_writer(folder):
            seen.append("other")

    with one_writer(folder):
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait(10)
        seen.append("first")
    thread.join(10)

    assert seen == ["first", "other"]
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_lock_that_stays_taken_ends_as_busy(tmp_path: Path) -> None:
    with (
        one_writer(tmp_path),
        pytest.raises(Busy, match="another process"),
        one_writer(tmp_path, timeout_s=0.02),
    ):
        pass


LEAVES_A_CHILD = """
import os, pathlib, subprocess, sys
from runner.file_lock import one_writer
lock = one_writer(pathlib.Path(sys.argv[1]))
lock.__enter__()
child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_lock_of_a_dead_process_is_free_though_a_child_of_it_lives(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", LEAVES_A_CHILD, str(tmp_path)]
    root = Path(__file__).parents[1]
    done = subprocess.run(
        argv, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, check=False
    )

    with one_writer(tmp_path, timeout_s=1):
        pass

    assert done.returncode == -9
    os.kill(int(done.stdout), signal.SIGKILL)  # fails if it is gone


def test_a_folder_that_cannot_be_made_is_store_trouble(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")

    with pytest.raises(StoreFailed), one_writer(tmp_path / "a" / "b"):
        pass


def test_a_lock_file_is_made_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "state/widget.lock"

    with one_holder(path, busy=BUSY, timeout_s=0):
        assert path.stat().st_mode & 0o777 == 0o600

    assert path.exists()
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_who_waits_in_vain_is_told_what_the_caller_says(tmp_path: Path) -> None:
    with (
        one_holder(tmp_path / "a.lock", busy=BUSY, timeout_s=0),
        pytest.raises(Busy, match="somebody works on it"),
        one_holder(tmp_path / "a.lock", busy=BUSY, timeout_s=0),
    ):
        pass


def test_what_the_pause_raises_ends_the_waiting(tmp_path: Path) -> None:
    before = open_descriptors()

    with (
        one_holder(tmp_path / "a.lock", busy=BUSY, timeout_s=0),
        pytest.raises(ZeroDivisionError),
        one_holder(tmp_path / "a.lock", busy=BUSY, timeout_s=60, pause=lambda seconds: seconds / 0),
    ):
        pass

    assert open_descriptors() == before


def test_a_lock_file_that_its_holder_takes_away_at_the_end_keeps_the_others_out(tmp_path: Path) -> None:
    path, inside = tmp_path / "a.lock", tmp_path / "inside"
    turns: list[str] = []

    def work(name: str) -> None:
        for _ in range(100):
            with one_holder(path, busy=BUSY, timeout_s=60, pause=lambda _: None):
                inside.mkdir()  # fails if another one is there
                turns.append(name)
                inside.rmdir()
                path.unlink()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(turns) == sorted("abcd" * 100)


def test_a_file_that_cannot_be_locked_is_store_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.lock").mkdir()

    with (
        pytest.raises(StoreFailed, match="cannot be locked: Is a directory"),
        one_holder(tmp_path / "a.lock", busy=BUSY, timeout_s=0),
    ):
        pass
