"""The real `claude` program, asked once per call."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from runner.claude.answer import ended_before_start, reader_for, to_result
from runner.claude.arguments import arguments
from runner.claude.environment import claude_environment
from runner.claude.outcome import Ending
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.claude.recording import ended_line
from runner.claude.stream import StreamReader
from runner.claude.version import INSTALL, not_started, version_of
from runner.errors import ClaudeNotStarted, ProgramMissing, Stopped
from runner.process.child import Child
from runner.process.stop import Stop

SLOW_PROMPT_S = 2.0
"""Claude waits three seconds for its input and then gives up, before it has asked or spent anything."""


class ClaudeProgram:
    """Drives the program at `program` (a name on PATH, or a path) in an environment of our choosing."""

    def __init__(
        self,
        program: str,
        environment: Mapping[str, str],
        extra_environment: tuple[str, ...] = (),
        *,
        max_retries: int = 3,
        exit_wait_s: float = 30.0,
    ) -> None:
        """`environment` is our own, whole; `extra_environment` are more names (or `PREFIX_*`) to pass on.

        `exit_wait_s` is how long claude may linger once our prompt has its result.
        """
        self._program = program
        self._environment = environment
        self._extra = extra_environment
        self._max_retries = max_retries
        self._exit_wait_s = exit_wait_s
        self._version: tuple[int, int, int] | None = None

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        """See `ClaudeRunner`. The last line that `on_line` gets is ours: how the child ended, for replay."""
        early = ended_before_start(request, stop)
        if early is not None:
            return early
        call = _Call(request, on_message, on_line, stop, self._exit_wait_s)
        argv, environment = self._command(request)
        ending = call.attempt(argv, environment)
        if call.starved(ending):
            ending = call.attempt(argv, environment)
        if call.not_started(ending):
            raise not_started(ending.stderr, ending.exit_code)
        return call.result(ending)

    def _command(self, request: ClaudeRequest) -> tuple[tuple[str, ...], dict[str, str]]:
        """Everything that can be wrong before the start is found here."""
        environment = claude_environment(self._environment, extra=self._extra, max_retries=self._max_retries)
        # A rule holds for the path as it is written: say where a symbolic link leads as well.
        denied = tuple(
            dict.fromkeys(path for given in request.denied for path in (given, os.path.realpath(given)))
        )
        argv = (self._program, *arguments(replace(request, denied=denied)))
        if not request.workdir.is_dir():
            raise ClaudeNotStarted(
                f"{request.workdir} is not a folder", hint="the work tree is gone: prepare it anew"
            )
        if self._version is None:
            self._version = version_of(self._program, environment)
        return argv, environment


class _Call:
    """One call: its prompt (made once), its reader, its clock."""

    def __init__(
        self,
        request: ClaudeRequest,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
        exit_wait_s: float,
    ) -> None:
        self._request = request
        self._on_message = on_message
        self._on_line = on_line
        self._stop = stop
        self._exit_wait_s = exit_wait_s
        self._reader: StreamReader = reader_for(request)
        self._started_at = time.monotonic()
        self._prompt: bytes | None = None
        self._prompt_took_s = 0.0

    def attempt(self, argv: tuple[str, ...], environment: dict[str, str]) -> Ending:
        """Start the child, feed it, read it to its end."""
        left_s = self._request.timeout_s - (time.monotonic() - self._started_at)
        child = Child(argv, env=environment, cwd=self._request.workdir, timeout_s=left_s, stop=self._stop)
        try:
            with child:
                return self._talk(child)
        except ProgramMissing as missing:
            raise ClaudeNotStarted(f"the claude program cannot be run: {missing}", hint=INSTALL) from missing
        except Stopped:
            if self._stop.reason is None:
                raise
            return Ending(exit_code=-2, stop=self._stop.reason)

    def _talk(self, child: Child) -> Ending:
        limit = _ExitLimit(child, self._exit_wait_s)
        try:
            child.send(self._made_prompt())
            for line in child.lines():
                self._take(line)
                if self._reader.results:
                    limit.start()
            return self._ending(child)
        finally:
            limit.cancel()

    def starved(self, ending: Ending) -> bool:
        """The prompt took so long that claude gave up waiting; now that it is there, one more start is due."""
        return self.not_started(ending) and self._prompt_took_s > SLOW_PROMPT_S

    def not_started(self, ending: Ending) -> bool:
        """It refused before it said a word on its standard output: bad arguments, no input."""
        ended_by_us = ending.stop is not None or ending.timed_out
        return ending.exit_code > 0 and not self._reader.any_output and not ended_by_us

    def result(self, ending: Ending) -> ClaudeResult:
        self._on_line(ended_line(ending))
        return to_result(
            self._request,
            self._reader,
            ending,
            duration_s=time.monotonic() - self._started_at,
            session_id=self._reader.session_id or self._request.session_id,
        )

    def _made_prompt(self) -> bytes:
        if self._prompt is None:
            before = time.monotonic()
            self._prompt = self._request.prompt().encode("utf-8", "replace")
            self._prompt_took_s = time.monotonic() - before
        return self._prompt

    def _take(self, line: bytes) -> None:
        self._on_line(line)
        for message in self._reader.read(line):
            self._on_message(message)

    def _ending(self, child: Child) -> Ending:
        return Ending(
            exit_code=child.wait(),
            stop=self._stop.reason if child.stopped else None,
            timed_out=child.timed_out,
            stderr=child.stderr_tail,
        )


class _ExitLimit:
    """Ends a child that lingers: it may wait for background work of its own for ten minutes."""

    def __init__(self, child: Child, seconds: float) -> None:
        self._timer = threading.Timer(seconds, child.end)
        self._timer.daemon = True
        self._started = False

    def start(self) -> None:
        """Begin to count; later calls change nothing."""
        if not self._started:
            self._started = True
            self._timer.start()

    def cancel(self) -> None:
        """Stop counting; when this returns the child is left alone."""
        self._timer.cancel()
        if self._started:
            self._timer.join()
