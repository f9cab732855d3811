"""One child and its pipes, moved on by whoever waits for it: no threads, one `select`."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, cast

from runner.process.ending import Ending, Grace
from runner.process.launch import Launched
from runner.process.stop import Stop
from runner.process.wake import Wake

_PIECE_BYTES = 1 << 16
_DRAIN_PIECES = 1024
"""After the child's end at most 64 MiB are read: a stranger that got hold of the pipe may write for ever."""
_LONGEST_WAIT_S = 60.0
_POLL_S = 0.05
"""Where the system cannot make the end of a process readable (no pidfd), it is looked for this often."""

Sink = Callable[[bytes], None]


class Exchange:
    """Feeds a child, takes what it writes, sees its end, and ends it when it must stop or its time is over.

    Leaving the `with` block while the child still runs kills it.
    """

    def __init__(
        self,
        launched: Launched,
        *,
        timeout_s: float,
        stop: Stop | None,
        grace: Grace,
        on_stdout: Sink,
        on_stderr: Sink,
    ) -> None:
        self.exit_code: int | None = None
        """None while the child runs; negative for a signal."""
        self._launched = launched
        self._process = launched.process
        self._stop = stop or Stop()
        self.ending = Ending(launched, deadline=time.monotonic() + timeout_s, stop=self._stop, grace=grace)
        self._input = memoryview(b"")
        self._sinks = {
            cast("IO[bytes]", self._process.stdout): on_stdout,
            cast("IO[bytes]", self._process.stderr): on_stderr,
        }
        self._selector = selectors.DefaultSelector()
        self._wake = Wake()
        self._selector.register(self._wake.reader, selectors.EVENT_READ, self._wake.clear)
        self._pidfd = self._watch_end()
        for pipe in self._sinks:
            os.set_blocking(pipe.fileno(), False)
            self._listen(pipe)
        self._stop.on_set(self._wake.set)

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.exit_code is None:
                self.ending.kill(time.monotonic())
                self.to_end()
        finally:
            self._close()

    @property
    def writing(self) -> bool:
        """Whether the child's input is still open."""
        return self._process.stdin is not None and not self._process.stdin.closed

    @property
    def stdout_open(self) -> bool:
        return not cast("IO[bytes]", self._process.stdout).closed

    def write(self, data: bytes) -> None:
        """Give the child `data` as its whole input, once; the turns that follow pass it on."""
        stdin = self._process.stdin
        if stdin is None or stdin.closed or stdin in self._selector.get_map():
            return
        self._input = memoryview(data)
        os.set_blocking(stdin.fileno(), False)
        self._selector.register(stdin, selectors.EVENT_WRITE, lambda: self._feed(stdin))

    def read_stdout(self, wanted: bool) -> None:
        """Stop or go on reading: a child whose output has no room here has to wait."""
        stdout = cast("IO[bytes]", self._process.stdout)
        listening = not stdout.closed and stdout in self._selector.get_map()
        if listening and not wanted:
            self._selector.unregister(stdout)
        elif wanted and not listening and not stdout.closed:
            self._listen(stdout)

    def end(self) -> None:
        """Ask the child to end, from any thread; the turns that follow see to it."""
        self.ending.wanted = True
        self._wake.set()

    def to_end(self) -> None:
        """Turn until the child has ended."""
        while self.exit_code is None:
            self.turn()

    def turn(self) -> None:
        """Wait for the next thing that happens and deal with it: bytes, room, a stop, a rung, the end.

        Raises:
            OutsideTrouble: the child cannot be ended.
        """
        self.ending.climb(time.monotonic())
        for key, _ in self._selector.select(self._wait_s()):
            key.data()
        self.ending.listened(time.monotonic())
        if self.exit_code is None and self._process.poll() is not None:
            self.exit_code = self._launched.collect()
            self._drain()

    def _wait_s(self) -> float:
        longest = _POLL_S if self._pidfd is None else _LONGEST_WAIT_S
        return min(longest, self.ending.next_in(time.monotonic()))

    def _watch_end(self) -> int | None:
        try:
            pidfd = os.pidfd_open(self._process.pid)
        except (AttributeError, OSError):
            return None
        # Nothing to do when it becomes readable: every turn looks whether the process has ended.
        self._selector.register(pidfd, selectors.EVENT_READ, lambda: None)
        return pidfd

    def _listen(self, pipe: IO[bytes]) -> None:
        self._selector.register(pipe, selectors.EVENT_READ, lambda: self._read(pipe))

    def _read(self, pipe: IO[bytes]) -> bool:
        """Take one piece. Returns False when there is none: not now, or never again."""
        try:
            piece = os.read(pipe.fileno(), _PIECE_BYTES)
        except BlockingIOError:
            return False
        if piece:
            self._sinks[pipe](piece)
            return True
        self._shut(pipe)
        return False

    def _feed(self, stdin: IO[bytes]) -> None:
        try:
            self._input = self._input[os.write(stdin.fileno(), self._input[:_PIECE_BYTES]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._input = self._input[:0]  # the child wants no more: its right
        if not self._input:
            self._shut(stdin)

    def _drain(self) -> None:
        """The child is gone: take what is in the pipes, without waiting for strangers that hold them open."""
        for pipe in self._sinks:
            for _ in range(_DRAIN_PIECES):
                if pipe.closed or not self._read(pipe):
                    break
        self._shut_all()

    def _shut(self, pipe: IO[bytes]) -> None:
        if pipe.closed:
            return
        if pipe in self._selector.get_map():
            self._selector.unregister(pipe)
        pipe.close()

    def _shut_all(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                self._shut(pipe)

    def _close(self) -> None:
        self._stop.forget(self._wake.set)
        self._shut_all()
        self._selector.close()
        self._wake.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
