"""Which processes are below one process, and how to end them, read from /proc (Linux).

Also imported by the supervisor, where start-up counts: keep the imports few.
"""

from __future__ import annotations

import os
import signal


def children_of(pid: int) -> list[int]:
    """The direct children of `pid`, zombies too; empty if it is gone."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - pathlib would double the supervisor's start-up
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        try:
            text = _read(f"/proc/{pid}/task/{thread}/children")
        except OSError:
            # The thread is gone, or the kernel was built without this file.
            return _children_by_search(pid)
        found += map(int, text.split())
    return found


def below(pid: int) -> list[int]:
    """All descendants of `pid`, parents first."""
    found: list[int] = []
    waiting = children_of(pid)
    while waiting:
        child = waiting.pop()
        found.append(child)
        waiting += children_of(child)
    return found


def above(pid: int) -> list[int]:
    """Who started `pid`, and who started that one, up to the first process of all."""
    found: list[int] = []
    while (pid := _parent(pid)) > 0:
        found.append(pid)
    return found


def everybody() -> list[int]:
    """All processes there are; none where /proc does not tell."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except OSError:
        return []


def kill_below(pid: int) -> int:
    """Send SIGKILL to every descendant of `pid`, parents first. Returns how many took it.

    One call may miss what is born meanwhile: call again until nobody is left.
    """
    taken = 0
    waiting = children_of(pid)
    while waiting:
        child = waiting.pop()
        # Listed before the kill, because they move to another parent with it.
        waiting += children_of(child)
        taken += kill(child)
    return taken


def kill(pid: int) -> bool:
    """Send SIGKILL. Returns False if the process is gone or not ours to end."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot: with `pid` an identity. -1 if it is gone."""
    fields = _stat(pid)
    return int(fields[19]) if fields else -1


def runs(pid: int) -> bool:
    """Whether there is such a process that has not ended; one that waits to be collected has."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in (b"Z", b"X")


def _children_by_search(pid: int) -> list[int]:
    return [other for other in everybody() if _parent(other) == pid]


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else -1


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat after the name, which may hold anything, spaces and ")" too."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return []
    return text.rpartition(b")")[2].split()


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
