"""A child process that is talked to while it runs; nobody of it is left when its block ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from runner.process.buffers import Lines, Tail
from runner.process.ending import Grace
from runner.process.exchange import Exchange
from runner.process.launch import launch
from runner.process.mark import ProcessMark, mark_of
from runner.process.stop import Stop

BUFFER_LIMIT_BYTES = 64 * 2**20
"""So much unread output is kept: then the child has to wait (`send`), or the rest is dropped (`wait`)."""

STDERR_TAIL_BYTES = 64 * 2**10


class Child:
    """`with Child(argv, ...) as child:` starts it, always swept; leaving the block ends it.

    One thread talks to it; `end` and the `Stop` may come from any thread or a signal handler. The deadline
    and the stop take effect while that thread is in `send`, `lines` or `wait`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        timeout_s: float,
        stop: Stop | None = None,
        grace: Grace | None = None,
    ) -> None:
        self.pid = 0
        """The child's process id, once the block has been entered."""
        self._argv = tuple(argv)
        self._env = env
        self._cwd = cwd
        self._timeout_s = timeout_s
        self._stop = stop
        self._grace = grace or Grace()
        self._lines = Lines()
        self._stderr = Tail(STDERR_TAIL_BYTES)
        self._dropping = False

    def __enter__(self) -> Child:
        """Start it.

        Raises:
            ProgramMissing: `argv[0]` is not found, not executable, or the system refuses to start it.
            OutsideTrouble: `cwd` is not a folder.
            Stopped: `stop` was already set; nothing was started.
        """
        if self._stop is not None:
            self._stop.check()
        launched = launch(self._argv, env=self._env, cwd=self._cwd, with_stdin=True, swept=True)
        self.pid = launched.pid
        self._launched = launched
        self._exchange = Exchange(
            launched,
            timeout_s=self._timeout_s,
            stop=self._stop,
            grace=self._grace,
            on_stdout=self._take,
            on_stderr=self._stderr.add,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._exchange:
            self.end()
            self.wait()

    def mark(self) -> ProcessMark:
        """What a later runner needs to end what is left of this child, should we be killed; asked early."""
        launched = self._launched
        return mark_of(launched.pid, supervisor=launched.process.pid, brand=launched.brand)

    @property
    def stderr_tail(self) -> str:
        """The last 64 KiB of standard error; what is not UTF-8 is replaced."""
        return self._stderr.bytes().decode(errors="replace")

    @property
    def timed_out(self) -> bool:
        return self._exchange.ending.timed_out

    @property
    def stopped(self) -> bool:
        """Whether it was ended because its `Stop` was set."""
        return self._exchange.ending.stopped

    @property
    def silent_s(self) -> float:
        """How long it had written nothing when it was ended for that; 0 if it was not."""
        return self._exchange.ending.silent_s

    def limit_silence(self, seconds: float | None) -> None:
        """End it when it writes nothing to standard output for so long, counted anew from now; None lifts this."""
        self._exchange.ending.limit_silence(seconds, time.monotonic())

    def end_within(self, seconds: float) -> None:
        """End it after so long, unless it ends by itself; of several calls the earliest end counts."""
        self._exchange.ending.want_by(time.monotonic() + seconds)

    def send(self, data: bytes) -> None:
        """Write all of `data` to the child's standard input and close it; once. A closed pipe is no error.

        Returns when it is written, or the child has ended. Output is taken meanwhile, so neither waits for
        the other.
        """
        self._exchange.write(data)
        while self._exchange.writing and self._exchange.exit_code is None:
            self._exchange.read_stdout(self._lines.size_bytes < BUFFER_LIMIT_BYTES)
            self._exchange.turn()
        self._exchange.read_stdout(True)

    def lines(self) -> Iterator[bytes]:
        """The lines of standard output as they come, each with its newline (the last may have none).

        They end with the output or with the child, whichever is first. Closes the input if nothing was sent.
        """
        self._exchange.write(b"")
        while True:
            line = self._lines.take()
            if line is not None:
                yield line
            elif not self._exchange.stdout_open:
                return
            else:
                self._turn()

    def wait(self) -> int:
        """Wait for the end and return the exit code, negative for a signal.

        Output that comes meanwhile can still be read with `lines`, up to 64 MiB; more is dropped.

        Raises:
            OutsideTrouble: the child cannot be ended.
        """
        self._exchange.write(b"")
        self._dropping = True
        while self._exchange.exit_code is None:
            self._turn()
        self._dropping = False
        return self._exchange.exit_code

    def end(self) -> None:
        """Start the stop ladder now; returns at once, `lines` and `wait` go on to the end."""
        self._exchange.end()

    def _turn(self) -> None:
        self._exchange.turn()
        if not self._exchange.stdout_open:
            self._lines.finish()

    def _take(self, data: bytes) -> None:
        self._exchange.ending.hear(time.monotonic())
        if not self._dropping or self._lines.size_bytes < BUFFER_LIMIT_BYTES:
            self._lines.add(data)
