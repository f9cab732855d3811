"""Where events go: a file of JSON lines, memory, several places at once."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from runner.events.model import Event, EventSink

_log = logging.getLogger("runner.events")


class JsonLines:
    """Appends one JSON object per event to a file; safe to use from several threads and processes.

    The file is opened anew for each event: there is nothing to close, and nothing waits in a buffer for a crash.
    """

    def __init__(self, path: Path, *, redact: Callable[[str], str] = str) -> None:
        """`redact` takes the secrets out of a line of JSON."""
        self.dropped = 0
        """How many events could not be written."""
        self._path = path
        self._redact = redact
        self._lock = threading.Lock()
        self._torn = False

    def emit(self, event: Event) -> None:
        """Write `event`; one that cannot be written is counted, and the first one is logged."""
        try:
            line = self._redact(as_json(event)).encode() + b"\n"
            with self._lock:
                self._write(line)
        except (OSError, TypeError, ValueError) as error:
            self._drop(error)

    def _write(self, line: bytes) -> None:
        line = b"\n" + line if self._torn else line
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # One call, one line: lines of two processes do not mix.
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
        self._torn = written < len(line)
        if self._torn:
            raise OSError(f"only {written} of {len(line)} bytes fitted")

    def _drop(self, error: Exception) -> None:
        with self._lock:
            self.dropped += 1
            first = self.dropped == 1
        if first:
            _log.warning("events cannot be written to %s: %s", self._path, error)


class InMemory:
    """Keeps every event; for tests and for a run's own summary."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def emit(self, event: Event) -> None:
        self._events.append(event)

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events)


class Several:
    """Hands each event to every member; one that fails stops neither the others nor the caller."""

    def __init__(self, *members: EventSink) -> None:
        self._members = list(members)
        self._failed: set[int] = set()

    def add(self, member: EventSink) -> None:
        """From now on `member` gets the events too."""
        self._members.append(member)

    def remove(self, member: EventSink) -> None:
        """From now on `member` gets nothing more; no error if it got nothing before."""
        self._members = [other for other in self._members if other is not member]

    def emit(self, event: Event) -> None:
        for member in tuple(self._members):
            try:
                member.emit(event)
            except Exception as error:  # noqa: BLE001 - a sink of any kind must not end a run
                self._tell_once(member, error)

    def _tell_once(self, member: EventSink, error: Exception) -> None:
        if id(member) not in self._failed:
            self._failed.add(id(member))
            _log.warning("events do not reach %s: %r", type(member).__name__, error)


def as_json(event: Event) -> str:
    """One line of JSON; `at` as ISO 8601 in UTC. Empty ids are left out."""
    fields = {name: value for name, value in asdict(event).items() if value != ""}
    fields["at"] = event.at.isoformat()
    return json.dumps(fields, ensure_ascii=False)
