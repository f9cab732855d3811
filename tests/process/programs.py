"""Small programs that the process tests start: well-behaved ones and hostile ones."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.process.ending import Grace
from runner.process.environment import child_environment

both = pytest.mark.parametrize("sweep", [False, True], ids=["grouped", "swept"])
"""Run a test once for each way to start a program."""

QUICK = Grace(interrupt_s=0.2, terminate_s=0.2, kill_s=0.3, force_s=1.0)

ESCAPE = """
import os, signal, sys, time

def escape(pid_file):
    "Leave a process with its own session, forked twice, with an empty environment; it holds our pipes open."
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writer, str(os.getpid()).encode())
            os.execve("/bin/sleep", ["sleep", "60"], {})
        os._exit(0)
    os.wait()
    with open(pid_file + ".new", "wb") as file:
        file.write(os.read(reader, 16))
    os.rename(pid_file + ".new", pid_file)

escape(sys.argv[1])
"""


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code, *arguments)


def environment() -> dict[str, str]:
    return child_environment(os.environ)


def read_pid(path: Path) -> int:
    """The number in the file, once it is there."""
    assert appears(path)
    return int(path.read_text())


def appears(path: Path) -> bool:
    return comes_true(path.exists)


def comes_true(condition: Callable[[], bool], limit_s: float = 10.0) -> bool:
    """Whether the condition holds within `limit_s` seconds; as a rule it does at once."""
    give_up_at = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    """Whether there is no such process; one that has ended and was not collected counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@contextmanager
def interrupted_soon(action: Callable[[], object]) -> Iterator[None]:
    """Inside the block a signal arrives at this thread, and its handler does `action`."""
    before = signal.signal(signal.SIGUSR2, lambda *_: action())
    sender = threading.Timer(0.2, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR2))
    sender.start()
    try:
        yield
    finally:
        sender.join()
        signal.signal(signal.SIGUSR2, before)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
