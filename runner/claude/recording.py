"""Our own line at the end of a recorded stream: how the child ended; the rest is claude's."""

from __future__ import annotations

import json

from runner.claude.fields import object_of, text_in
from runner.claude.outcome import Ending
from runner.claude.words import last_line
from runner.process.stop import StopReason

_TYPE = "runner_ended"


def ended_line(ending: Ending) -> bytes:
    """What `ending` looks like in the stream; of standard error only the last line is kept."""
    last_words = last_line(ending.stderr)
    told = {
        "type": _TYPE,
        "exit_code": ending.exit_code,
        "stop": ending.stop.value if ending.stop is not None else "",
        "timed_out": ending.timed_out,
        "stderr": last_words,
    }
    return json.dumps(told).encode() + b"\n"


def is_ending(line: bytes) -> bool:
    """Whether `line` is the one that `ended_line` makes."""
    return _told(line) is not None


def ending_in(lines: tuple[bytes, ...], *, has_result: bool) -> Ending:
    """How the recorded child ended; a recording without our line was cut off unless it has a result."""
    told = next((found for line in reversed(lines) if (found := _told(line)) is not None), None)
    return told or Ending(exit_code=0 if has_result else -9)


def _told(line: bytes) -> Ending | None:
    source = object_of(line)
    if source is None or text_in(source, "type") != _TYPE:
        return None
    code, reason = source.get("exit_code"), text_in(source, "stop")
    return Ending(
        exit_code=code if isinstance(code, int) else -9,
        stop=StopReason(reason) if reason in tuple(StopReason) else None,
        timed_out=source.get("timed_out") is True,
        stderr=text_in(source, "stderr"),
    )
