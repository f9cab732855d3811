"""Which process stands behind a reservation, and whether it still lives."""

from __future__ import annotations

import os

from runner.allowance.model import Holder

PROC = "/proc"
_NO_BOOT_ID = "no-boot-id"
_START_TIME = 19
"""Where the start time stands in /proc/PID/stat, counted from the state behind the command's name."""


def holder_of_this_process(*, proc: str = PROC) -> Holder:
    """This process, told apart from every later one with its number."""
    try:
        pid, _, started = _status(proc, "self")
    except OSError:
        return Holder(boot_id=_NO_BOOT_ID, pid=os.getpid(), started=0)
    return Holder(boot_id=_boot_id(proc), pid=pid, started=started)


def is_alive(holder: Holder, *, proc: str = PROC) -> bool | None:
    """Whether the holder still runs; None when it cannot be told, as for a process of another container."""
    boot, _, space = holder.boot_id.partition("/")
    here, _, own_space = _boot_id(proc).partition("/")
    if boot != here:
        return False
    if space != own_space:
        return None
    if here == _NO_BOOT_ID:
        return _takes_signals(holder.pid)
    try:
        _, state, started = _status(proc, str(holder.pid))
    except OSError:
        return False
    return state not in "ZX" and started == holder.started


def _boot_id(proc: str) -> str:
    """This boot of the machine and, after a slash, the number space that process ids belong to."""
    try:
        with open(f"{proc}/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return f"{file.read().strip()}/{os.stat(f'{proc}/self/ns/pid').st_ino}"
    except OSError:
        return _NO_BOOT_ID


def _status(proc: str, pid: str) -> tuple[int, str, int]:
    """(process id, state letter, start time in clock ticks since boot) as /proc tells them."""
    with open(f"{proc}/{pid}/stat", "rb") as file:
        data = file.read()
    # The command's name is in brackets and may hold anything, brackets and blanks too.
    head, _, tail = data.rpartition(b")")
    fields = tail.split()
    return int(head.split(b" ", 1)[0]), fields[0].decode("ascii"), int(fields[_START_TIME])


def _takes_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
