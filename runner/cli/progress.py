"""What a person sees while a run goes on: a moving line on a terminal, a plain line per step elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TextIO

from runner.allowance.model import NANO_PER_USD
from runner.cli.output import safe
from runner.events.model import Event, EventName

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
DONE, BROKEN_OFF = "✓", "✗"
TICK_S = 0.1

ENDS_A_STEP = (EventName.STEP_FINISHED, EventName.RUN_FINISHED)


class PlainProgress:
    """A sink of events that writes one line per step, and one per check."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def emit(self, event: Event) -> None:
        line = step_line(event)
        if line:
            write(self._out, f"{line}\n")

    def close(self) -> None:
        """Nothing is left to clear."""


class LiveProgress:
    """A sink of events that keeps one line moving: the step, what claude does, time and cost so far."""

    def __init__(self, out: TextIO, *, width: int = 100) -> None:
        self._out = out
        self._width = width
        self._guard = threading.Lock()
        self._note, self._doing, self._cost = "", "", ""
        self._since = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="progress", daemon=True)
        self._thread.start()

    def emit(self, event: Event) -> None:
        with self._guard:
            if event.name is EventName.CLAUDE_SAID:
                # A message with numbers only does not end what is being done.
                self._doing = safe(str(event.data.get("text", "")), width=60) or self._doing
                cost = event.data.get("cost_nano")
                self._cost = f"${cost / NANO_PER_USD:.2f}" if isinstance(cost, int) and cost else self._cost
                return
            line = step_line(event)
            if event.name is EventName.STEP_STARTED:
                self._finish_line(DONE)
                self._note, self._doing, self._since = line, "", time.monotonic()
            elif event.name in ENDS_A_STEP:
                self._finish_line(DONE)
            elif line:
                self._print(line)

    def close(self) -> None:
        """End the moving line; a step that still moves was broken off."""
        self._done.set()
        self._thread.join()
        with self._guard:
            self._finish_line(BROKEN_OFF)

    def wipe(self) -> None:
        """Leave nothing of the step that moves."""
        with self._guard:
            if self._note:
                write(self._out, "\r\x1b[2K")
            self._note = ""

    def _spin(self) -> None:
        frame = 0
        while not self._done.wait(TICK_S):
            frame += 1
            with self._guard:
                if self._note:
                    self._draw(FRAMES[frame % len(FRAMES)])

    def _draw(self, mark: str) -> None:
        seconds = f"{time.monotonic() - self._since:.0f}s"
        parts = [part for part in (self._note, self._doing, self._cost, seconds) if part]
        text = safe(f"{mark} {' · '.join(parts)}", width=self._width - 1)
        write(self._out, f"\r\x1b[2K{text}")

    def _finish_line(self, mark: str) -> None:
        if self._note:
            seconds = time.monotonic() - self._since
            took = f" ({seconds:.1f}s)" if seconds >= 1 else ""
            write(self._out, f"\r\x1b[2K{mark} {self._note}{took}\n")
            self._note = ""

    def _print(self, line: str) -> None:
        write(self._out, f"\r\x1b[2K  {line}\n")


class NoProgress:
    """A sink of events for a process that was started without a standard error."""

    def emit(self, event: Event) -> None:
        """Nobody is there."""

    def close(self) -> None:
        """Nothing is left to clear."""


Progress = PlainProgress | LiveProgress | NoProgress


def choose_progress() -> Progress:
    """A moving line if somebody looks at standard error, else plain lines."""
    out = sys.stderr
    if out is None:
        return NoProgress()
    if out.isatty():
        import shutil

        return LiveProgress(out, width=shutil.get_terminal_size().columns)
    return PlainProgress(out)


@contextmanager
def moving(note: str) -> Iterator[None]:
    """A moving line while somebody waits at a terminal; nothing is left of it, and elsewhere there is none."""
    progress = choose_progress()
    try:
        if isinstance(progress, LiveProgress):
            progress.emit(Event(name=EventName.STEP_STARTED, at=datetime.now(UTC), data={"note": note}))
        yield
    finally:
        if isinstance(progress, LiveProgress):
            progress.wipe()
        progress.close()


def write(out: TextIO, text: str) -> None:
    """Write at once; the work does not end because nobody watches it any more."""
    with suppress(OSError, ValueError):
        out.write(text)
        out.flush()


def step_line(event: Event) -> str:
    """The line that an event is worth, without control characters; empty for most events."""
    data = event.data
    if event.name is EventName.STEP_STARTED:
        return safe(str(data.get("note", "")))
    if event.name is EventName.RUN_STARTED:
        return safe(f"{event.task_id}: {data.get('title', '')}")
    if event.name is EventName.CHECK_FINISHED:
        word = "passed" if data.get("exit_code") == 0 else f"failed ({data.get('exit_code')})"
        return safe(f"{data.get('where')}: {data.get('command')}: {word}")
    if event.name is EventName.ALLOWANCE_WARNED:
        return safe(f"the allowance is nearly spent: {str(data.get('rule')).replace('_', ' ')}")
    if event.name is EventName.LEASE_FAILED:
        return safe(f"the queue does not answer: {data.get('cause', '')}")
    return ""
