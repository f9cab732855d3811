"""The turnstile: it excludes, it dies with its process, it gives up in time and names who holds it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.lock import Turnstile, _holder_pid, _Turn
from runner.allowance.files.repair import repair
from runner.errors import Busy
from tests.allowance.world import ME, NOON, World, ask

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); input()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def stranger(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the inner lock."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / "lock.b")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_a_second_one_waits_until_its_time_is_over(folder: Path) -> None:
    first, second = Turnstile(str(folder)), Turnstile(str(folder))
    first.take(time.monotonic() + 10)

    with pytest.raises(Busy):
        second.take(time.monotonic() + 0.02)
    first.leave()
    second.take(time.monotonic() + 10)

    second.leave()


def test_who_gave_up_does_not_bar_the_way(folder: Path) -> None:
    first, second, third = (Turnstile(str(folder)) for _ in range(3))
    first.take(time.monotonic() + 10)
    for waiting in (second, third):
        with pytest.raises(Busy):
            waiting.take(time.monotonic())

    first.leave()

    third.take(time.monotonic() + 10)
    third.leave()


def test_a_stopped_holder_is_named_and_nobody_waits_for_ever(
    folder: Path, stranger: subprocess.Popen[str]
) -> None:
    stranger.send_signal(signal.SIGSTOP)
    ledger = FileLedger(folder, World().limits_of, lambda: NOON, timeout_s=0.05)

    with pytest.raises(Busy, match=f"locked by process {stranger.pid} ") as error:
        ledger.reserve(ask(), ME)
    assert error.value.exit_code == 4
    with pytest.raises(Busy):
        repair(folder, now=NOON, timeout_s=0.05)


def test_who_waits_behind_another_names_the_same_holder(
    folder: Path, stranger: subprocess.Popen[str]
) -> None:
    fd = os.open(folder / "lock.a", os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        with pytest.raises(Busy, match=f"locked by process {stranger.pid} "):
            Turnstile(str(folder)).take(time.monotonic() + 0.02)
    finally:
        os.close(fd)


def test_a_killed_holder_leaves_nothing_behind(folder: Path, stranger: subprocess.Popen[str]) -> None:
    stranger.kill()
    stranger.wait()
    ledger = FileLedger(folder, World().limits_of, lambda: NOON, timeout_s=10)

    assert ledger.reserve(ask(), ME).granted


def test_queries_wait_for_nobody(folder: Path, stranger: subprocess.Popen[str]) -> None:
    ledger = FileLedger(folder, World().limits_of, lambda: NOON, timeout_s=0)

    assert ledger.check(ask()).granted
    assert ledger.open_holds() == ()


def test_a_thread_gives_up_in_time_too(folder: Path) -> None:
    ledger = FileLedger(folder, World().limits_of, lambda: NOON, timeout_s=0.02)
    ledger._store.begin()

    with pytest.raises(Busy, match="another thread"):
        ledger.reserve(ask(), ME)
    ledger._store.leave()

    assert ledger.reserve(ask(), ME).granted


def test_a_removed_lock_file_excludes_nobody_and_is_made_anew(folder: Path) -> None:
    first = Turnstile(str(folder))
    first.take(time.monotonic() + 10)
    first.leave()
    (folder / "lock.b").unlink()

    first.take(time.monotonic() + 10)

    assert (folder / "lock.b").exists()
    with pytest.raises(Busy):
        Turnstile(str(folder)).take(time.monotonic())
    first.leave()


def test_a_lock_can_be_left_twice_and_closed_unused(folder: Path) -> None:
    turnstile = Turnstile(str(folder))

    turnstile.leave()
    turnstile.close()
    turnstile.take(time.monotonic() + 10)
    turnstile.leave()
    turnstile.leave()
    turnstile.close()


def test_many_who_wait_come_one_by_one(folder: Path) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def pass_through(number: int) -> None:
        turnstile = Turnstile(str(folder))
        for _ in range(5):
            turnstile.take(time.monotonic() + 10)
            inside.append(number)
            seen.append(len(inside))
            inside.remove(number)
            turnstile.leave()
        turnstile.close()

    threads = [threading.Thread(target=pass_through, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [1] * 30


@pytest.mark.parametrize("lock", ["lock.a", "lock.b"])
def test_who_is_interrupted_while_waiting_leaves_no_lock(folder: Path, lock: str) -> None:
    fd = os.open(folder / lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    waiting = Turnstile(str(folder))
    interrupt = threading.Timer(0.05, signal.pthread_kill, [threading.get_ident(), signal.SIGINT])
    # A shell that starts us in the background has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        interrupted = False
        interrupt.start()
        waiting.take(time.monotonic() + 10)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        interrupt.join()
        signal.signal(signal.SIGINT, before)
        os.close(fd)
    assert interrupted

    after = Turnstile(str(folder))
    after.take(time.monotonic() + 10)
    after.leave()


def test_a_system_without_locks_to_give_is_an_error_not_a_grant(folder: Path) -> None:
    turn = _Turn(os.open(folder, os.O_PATH))

    with pytest.raises(OSError, match="Bad file descriptor"):
        turn.wait(1)


def test_a_turn_that_comes_too_late_is_let_go(folder: Path) -> None:
    turn = _Turn(os.open(folder / "lock", os.O_RDWR | os.O_CREAT))
    assert not turn._is_ours()

    turn._queue_up()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(turn.fd)


def test_a_turn_that_comes_in_time_is_ours(folder: Path) -> None:
    turn = _Turn(os.open(folder / "lock", os.O_RDWR | os.O_CREAT))

    turn._queue_up()

    assert turn._is_ours()
    assert _holder_pid(turn.fd) == os.getpid()
    os.close(turn.fd)


def test_a_turn_that_never_comes_is_no_lock(folder: Path) -> None:
    turn = _Turn(os.open(folder, os.O_PATH))

    turn._queue_up()

    assert not turn._is_ours()


def test_without_a_table_of_locks_the_holder_has_no_name(folder: Path) -> None:
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)

        assert _holder_pid(fd, table=str(folder / "missing")) is None
        (folder / "empty").write_text("1: POSIX  ADVISORY  WRITE 5 00:01:2 0 EOF\nshort\n")
        assert _holder_pid(fd, table=str(folder / "empty")) is None
        assert _holder_pid(fd) == os.getpid()
    finally:
        os.close(fd)
