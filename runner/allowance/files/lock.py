"""A fair lock between processes: two kernel locks used as a turnstile; they die with their process.

Take A, take B, leave A, work, leave B: only one process at a time waits for B, so a busy one cannot
come around again before those who wait. Nothing to clean up after a crash, no process id to guess.
"""

from __future__ import annotations

import fcntl
import os
import time

from runner.errors import Busy

_FIRST_PAUSE_S = 0.000_1
_LONGEST_PAUSE_S = 0.002


class Turnstile:
    """One lock for one folder, to be used by one thread at a time; `take` and `leave` come in pairs."""

    def __init__(self, folder: str) -> None:
        self._outer = _LockFile(os.path.join(folder, "lock.a"))
        self._inner = _LockFile(os.path.join(folder, "lock.b"))

    def take(self, deadline: float) -> None:
        """Wait until it is our turn, at most until `deadline` (monotonic seconds). The folder exists.

        Raises:
            Busy: another process held it for too long; the message names the process if the system tells.
            OSError: a lock file cannot be opened.
        """
        self._outer.take(deadline)
        try:
            self._inner.take(deadline)
        finally:
            self._outer.leave()

    def leave(self) -> None:
        self._inner.leave()

    def close(self) -> None:
        """Close the lock files; the next `take` opens them again. In a forked child this frees nothing."""
        self._outer.close()
        self._inner.close()


class _LockFile:
    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def take(self, deadline: float) -> None:
        while True:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._wait(deadline)
            if self._is_still_there():
                return
            self.close()

    def leave(self) -> None:
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _wait(self, deadline: float) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._busy() from None
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST_PAUSE_S)
            else:
                return

    def _is_still_there(self) -> bool:
        """A lock on a file that somebody removed meanwhile excludes nobody."""
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def _busy(self) -> Busy:
        pid = _holder_pid(self._fd)
        who = f"process {pid}" if pid else "another process"
        return Busy(
            f"the allowance is locked by {who} ({self._path})",
            hint="try again; if that process hangs or is stopped, end or continue it",
        )


def _holder_pid(fd: int, *, table: str = "/proc/locks") -> int | None:
    """The process that holds the lock on an open file, where the system tells."""
    status = os.fstat(fd)
    inode = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        with open(table, encoding="ascii", errors="replace") as file:
            held = [line.split() for line in file]
    except OSError:
        return None
    for parts in held:
        if len(parts) >= 6 and parts[1] == "FLOCK" and parts[5] == inode:
            return int(parts[4])
    return None
