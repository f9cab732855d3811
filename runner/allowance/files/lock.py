"""A fair lock between processes: two kernel locks used as a turnstile; they die with their process.

Take A, take B, leave A, work, leave B: only one process at a time waits for B, so a busy one cannot
come around again before those who wait. Nothing to clean up after a crash, no process id to guess.
"""

from __future__ import annotations

import fcntl
import os
import time
from _thread import allocate_lock, start_new_thread

from runner.errors import Busy

_PAUSE_S = 0.000_1


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
        if not self._outer.take_in_turn(deadline):
            raise self._inner.busy()
        try:
            # Only we wait for this one, and it is held for less time than it takes to wake a thread.
            if not self._inner.take_by_asking(deadline):
                raise self._inner.busy()
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

    def take_in_turn(self, deadline: float) -> bool:
        """Queue up in the kernel, behind those who came before; False when the time is over.

        If somebody removed the file, others queue up at another one: unfair, but this lock excludes nobody.
        """
        if self._try_once():
            return True
        turn = _Turn(self._open())
        if not turn.wait(max(0.0, deadline - time.monotonic())):
            return False
        self.close()
        self._fd = turn.fd
        return True

    def take_by_asking(self, deadline: float) -> bool:
        """Ask again and again; False when the time is over."""
        while True:
            if self._try_once():
                if self._is_still_there():
                    return True
                self.close()
            elif time.monotonic() >= deadline:
                return False
            else:
                time.sleep(_PAUSE_S)

    def leave(self) -> None:
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def busy(self) -> Busy:
        if self._fd < 0:
            self._fd = self._open()
        pid = _holder_pid(self._fd)
        who = f"process {pid}" if pid else "another process"
        return Busy(
            f"the allowance is locked by {who} ({self._path})",
            hint="try again; if that process hangs or is stopped, end or continue it",
        )

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _try_once(self) -> bool:
        if self._fd < 0:
            self._fd = self._open()
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_still_there(self) -> bool:
        """A lock on a file that somebody removed meanwhile excludes nobody."""
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._fd))


class _Turn:
    """A blocking lock call with a time limit, which the kernel does not have: a thread makes it.

    The thread holds on to the open file until its turn has come; if nobody waits for it then, it lets go.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._error: OSError | None = None
        self._is_over = allocate_lock()
        self._is_over.acquire()
        self._mutex = allocate_lock()
        self._has_come = self._given_up = False

    def wait(self, timeout_s: float) -> bool:
        """Whether the lock came within `timeout_s` seconds; if not, the file is closed sooner or later.

        Raises:
            OSError: the system has no lock to give.
        """
        try:
            start_new_thread(self._queue_up, ())
            self._is_over.acquire(timeout=timeout_s)
        except BaseException:
            if self._is_ours():
                os.close(self.fd)
            raise
        if self._error is not None:
            raise self._error
        return self._is_ours()

    def _is_ours(self) -> bool:
        with self._mutex:
            self._given_up = not self._has_come
            return self._has_come

    def _queue_up(self) -> None:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX)
        except OSError as error:
            self._error = error
        with self._mutex:
            self._has_come = self._error is None and not self._given_up
            if not self._has_come:
                os.close(self.fd)
        self._is_over.release()


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
