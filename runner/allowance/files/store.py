"""The folder as one thing that one process at a time may change."""

from __future__ import annotations

import errno
import os
import time
from _thread import allocate_lock
from types import TracebackType

from runner.allowance.files.compaction import SNAPSHOT, log_path, start_generation
from runner.allowance.files.disk import flush, make_private_folder, read_whole, store_failed
from runner.allowance.files.filesystem import refuse_network_folder
from runner.allowance.files.journal import read_records, record_line
from runner.allowance.files.lines import Damaged
from runner.allowance.files.lock import Turnstile
from runner.allowance.files.reading import damaged, is_unused, replay
from runner.allowance.files.records import Record
from runner.allowance.files.snapshot import load
from runner.allowance.files.state import State
from runner.errors import Busy

LOG_LINES = 128
"""After so many lines the log is folded into a new snapshot."""


class Store:
    """One folder, warm: what was read is kept, and a later change reads only what others added.

    Safe between threads, between processes and after a fork.
    """

    def __init__(self, folder: str, *, timeout_s: float) -> None:
        self.folder = folder
        self._timeout_s = timeout_s
        self._snapshot = os.path.join(folder, SNAPSHOT)
        self._turnstile = Turnstile(folder)
        self._mutex = allocate_lock()
        self._pid = os.getpid()
        self._is_local = False
        self._is_doubtful = False
        self._state: State | None = None
        self._snapshot_fd = self._log_fd = -1
        self._size = self._lines = 0

    def __del__(self) -> None:
        self.close()

    def change(self) -> Change:
        """A block in which this process alone may append records."""
        return Change(self)

    def begin(self) -> State:
        """Take the lock and catch up with the others; `finish` or `abandon` comes after it.

        Raises:
            Busy: it was not free in time.
            StoreFailed: the folder cannot be used, or is damaged.
        """
        deadline = time.monotonic() + self._timeout_s
        if self._pid != os.getpid():
            self._mutex, self._pid = allocate_lock(), os.getpid()
            self.close()
        if not self._mutex.acquire(timeout=self._timeout_s):
            raise Busy(f"the allowance in {self.folder} is in use by another thread", hint="try again")
        try:
            self._take_turn(deadline)
            return self._refresh()
        except Damaged as error:
            self.abandon()
            raise damaged(self.folder, error) from error
        except OSError as error:
            self.abandon()
            raise store_failed(self.folder, error) from error
        except BaseException:
            self.abandon()
            raise

    def append(self, record: Record) -> None:
        """Store one record with one write call, not yet flushed; between `begin` and `finish`.

        Raises:
            StoreFailed: nothing was stored.
        """
        if self._state is None:
            raise RuntimeError("a record can be appended only within a change")
        line = record_line(self._lines, record)
        try:
            self._write(line)
        except OSError as error:
            raise store_failed(self.folder, error) from error
        self._lines += 1
        self._state.apply(record)

    def finish(self, *, flush_before_unlock: bool) -> None:
        """Make what was appended durable and leave the lock.

        Flushing after the lock lets the kernel merge the flushes of all who wait; it suits records that only
        take room: others see less than there is until then, never more.

        Raises:
            StoreFailed: the flush failed. It is never tried again, for a second one may lie: the record counts
                as stored, and the next change starts a new generation.
        """
        try:
            if flush_before_unlock:
                flush(self._log_fd)
                self._turnstile.leave()
            else:
                self._turnstile.leave()
                flush(self._log_fd)
        except OSError as error:
            self._is_doubtful = True
            self.abandon()
            raise store_failed(self.folder, error) from error
        self._mutex.release()

    def leave(self) -> None:
        """Leave the lock after nothing was appended."""
        self._turnstile.leave()
        self._mutex.release()

    def abandon(self) -> None:
        """Leave the lock after something went wrong: nothing that was read is trusted any more."""
        self._turnstile.leave()
        self.close()
        self._mutex.release()

    def close(self) -> None:
        """Close every file; the next change opens them again. In a forked child the parent keeps its lock."""
        self._turnstile.close()
        self._close_data()

    def _close_data(self) -> None:
        self._state = None
        for fd in (self._snapshot_fd, self._log_fd):
            if fd >= 0:
                os.close(fd)
        self._snapshot_fd = self._log_fd = -1

    def _write(self, line: bytes) -> None:
        written = os.pwrite(self._log_fd, line, self._size)
        if written < len(line):
            # A full disk takes what fits. What is there of the line must not stay.
            os.ftruncate(self._log_fd, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written

    def _take_turn(self, deadline: float) -> None:
        if self._state is None:
            self._prepare_folder()
        try:
            self._turnstile.take(deadline)
        except FileNotFoundError:
            # Somebody removed the whole folder since we last used it.
            self._prepare_folder()
            self._turnstile.take(deadline)

    def _prepare_folder(self) -> None:
        if not self._is_local:
            refuse_network_folder(self.folder)
            self._is_local = True
        make_private_folder(self.folder)

    def _refresh(self) -> State:
        known = None if self._snapshot_was_replaced() else self._state
        state = self._load() if known is None else self._catch_up(known)
        if self._lines > LOG_LINES or self._is_doubtful:
            start_generation(self.folder, state)
            self._is_doubtful = False
            state = self._load()
        return state

    def _snapshot_was_replaced(self) -> bool:
        if self._state is None:
            return True
        # The file that we hold open keeps its inode number for itself, so the comparison is exact.
        try:
            return not os.path.samestat(os.stat(self._snapshot), os.fstat(self._snapshot_fd))
        except FileNotFoundError:
            return True

    def _load(self) -> State:
        self._close_data()
        if not os.path.exists(self._snapshot):
            if not is_unused(self.folder):
                raise Damaged("the snapshot is missing")
            start_generation(self.folder, State(epoch=os.urandom(8).hex()))
        self._snapshot_fd = os.open(self._snapshot, os.O_RDONLY | os.O_CLOEXEC)
        state = load(read_whole(self._snapshot))
        log = log_path(self.folder, state.generation)
        try:
            self._log_fd = os.open(log, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise Damaged(f"log.{state.generation} is missing") from error
        data = read_whole(log)
        self._lines, self._size = replay(state, data)
        self._cut_torn_end(len(data))
        self._state = state
        return state

    def _catch_up(self, state: State) -> State:
        size = os.fstat(self._log_fd).st_size
        if size < self._size:
            return self._load()
        if size > self._size:
            data = os.pread(self._log_fd, size - self._size, self._size)
            if len(data) < size - self._size:
                return self._load()
            found, used = read_records(data, first=self._lines)
            for record in found:
                state.apply(record)
            self._lines, self._size = self._lines + len(found), self._size + used
            self._cut_torn_end(size)
        return state

    def _cut_torn_end(self, size: int) -> None:
        """Its writer died in the middle and told nobody that it was stored."""
        if size > self._size:
            os.ftruncate(self._log_fd, self._size)


class Change:
    """A block under the lock; what was appended in it is durable once the block is left without an error.

    Set `gives_back` when a record makes room for others: then it is flushed before they can see it.
    """

    __slots__ = ("_grew", "_store", "gives_back", "state")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._grew = False
        self.gives_back = False
        self.state: State

    def __enter__(self) -> Change:
        self.state = self._store.begin()
        return self

    def append(self, record: Record) -> None:
        self._grew = True
        self._store.append(record)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._store.abandon()
        elif self._grew:
            self._store.finish(flush_before_unlock=self.gives_back)
        else:
            self._store.leave()
