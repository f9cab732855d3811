"""One call of the claude program: its prompt (made once), its stream, its clocks, its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runner.claude.answer import reader_for, to_result
from runner.claude.outcome import Ending
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.claude.recording import ended_line
from runner.claude.stream import StreamReader
from runner.claude.words import Hide
from runner.errors import Stopped
from runner.process.child import Child
from runner.process.ending import Grace
from runner.process.stop import Stop
from runner.visible import visible

SLOW_PROMPT_S = 2.0
"""Claude waits three seconds for its input and then gives up, before it has asked or spent anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how much a call may go on without getting anywhere."""

    silence_s: float = 660.0
    """Without a word, unless a tool runs; claude itself waits ten minutes for one answer of the API."""
    exit_wait_s: float = 10.0
    """After the result of our prompt: background work is switched off, so there is nothing to wait for."""
    stream_limit_bytes: int = 2**30
    """More than any run says; a program gone wild must not fill the disk."""
    grace: Grace = field(default_factory=Grace)
    """How long each rung of the stop ladder is given."""


class Call:
    """One call, started once or, after a prompt that was too slow, twice."""

    def __init__(
        self,
        request: ClaudeRequest,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
        patience: Patience,
        hide: Hide = str,
    ) -> None:
        self._request = request
        self._on_message = on_message
        self._on_line = on_line
        self._stop = stop
        self._patience = patience
        self._reader: StreamReader = reader_for(request, hide)
        self._hide = hide
        self._started_at = time.monotonic()
        self._prompt: bytes | None = None
        self._prompt_took_s = 0.0
        self._said_bytes = 0

    def attempt(self, argv: tuple[str, ...], environment: dict[str, str]) -> Ending:
        """Start the child, feed it, read it to its end.

        Raises:
            ProgramMissing: the program cannot be started.
        """
        left_s = self._request.timeout_s - (time.monotonic() - self._started_at)
        child = Child(
            argv,
            env=environment,
            cwd=self._request.workdir,
            timeout_s=left_s,
            stop=self._stop,
            grace=self._patience.grace,
        )
        try:
            with child:
                return self._talk(child)
        except Stopped:
            if self._stop.reason is None:
                raise
            return Ending(exit_code=-2, stop=self._stop.reason, at=_now())

    def starved(self, ending: Ending) -> bool:
        """The prompt took so long that claude gave up waiting; now that it is there, one more start is due."""
        return self.not_started(ending) and self._prompt_took_s > SLOW_PROMPT_S

    def not_started(self, ending: Ending) -> bool:
        """It refused before it said a word on its standard output: bad arguments, no input."""
        ended_by_us = ending.stop is not None or ending.timed_out or ending.silent_s > 0
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

    def _talk(self, child: Child) -> Ending:
        if self._request.on_start is not None:
            self._request.on_start(child.mark())
        prompt = self._made_prompt()
        child.limit_silence(self._patience.silence_s)
        child.send(prompt)
        for line in child.lines():
            if not self._take(line):
                child.end_within(0.0)
                break
            self._watch(child)
        return self._ending(child)

    def _made_prompt(self) -> bytes:
        if self._prompt is None:
            before = time.monotonic()
            self._prompt = self._request.prompt().encode("utf-8", "replace")
            self._prompt_took_s = time.monotonic() - before
        return self._prompt

    def _take(self, line: bytes) -> bool:
        """Pass one line on. Returns False when it was one too many."""
        self._said_bytes += len(line)
        if self._is_too_much:
            return False
        self._on_line(line)
        for message in self._reader.read(line):
            self._on_message(message)
        return True

    def _watch(self, child: Child) -> None:
        """How long it may be silent now, and that it ends soon after it has answered."""
        if self._reader.results:
            child.end_within(self._patience.exit_wait_s)
        wait_s = self._reader.announced_wait_s
        child.limit_silence(None if self._reader.tools_run else self._patience.silence_s + wait_s)

    @property
    def _is_too_much(self) -> bool:
        return self._said_bytes > self._patience.stream_limit_bytes

    def _ending(self, child: Child) -> Ending:
        return Ending(
            exit_code=child.wait(),
            stop=self._stop.reason if child.stopped else None,
            timed_out=child.timed_out,
            silent_s=child.silent_s,
            too_much=self._is_too_much,
            stderr=self._hide(visible(child.stderr_tail)),
            at=_now(),
        )


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
