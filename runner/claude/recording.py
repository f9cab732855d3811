"""A recorded stream: our own line at its end, which tells how the child ended, and what all of it had cost."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runner.allowance.model import Tokens
from runner.claude.fields import object_of, text_in
from runner.claude.outcome import Ending
from runner.claude.result import ResultLine
from runner.claude.spending import NOTHING, Spending
from runner.claude.stream import StreamReader
from runner.claude.words import last_line
from runner.errors import StoreFailed
from runner.process.stop import StopReason

_TYPE = "runner_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one call, whole or broken off, has left in its stream; tokens and money are of this call alone."""

    tokens: Tokens
    cost_nano: int
    session_id: str
    """Empty if claude never told it."""
    model: str
    result: ResultLine | None
    """The result of our prompt; None if the call was killed before it."""
    ended: bool
    """Our own line is there: the runner outlived the call."""
    estimated: bool
    """Some of it no result has told: tokens are from the messages, money from the price table."""
    unpriced: bool
    """The table does not know a model in that estimate: charge no less than what was held."""
    total: Spending
    """Of the whole conversation as last *reported*: the next call's `spent_before_nano_usd` and `tokens_before`."""
    context_tokens: int
    """How long the main conversation had become; 0 if claude had not answered at all."""
    window_tokens: int
    """What its model can hold; 0 if that was not told."""


def read_spent(path: Path, before: Spending = NOTHING) -> Recorded:
    """`spent_in` of a file; one that is not there (killed before the first line) has cost nothing.

    Raises:
        StoreFailed: it is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            return spent_in(file, before)
    except FileNotFoundError:
        return spent_in((), before)
    except OSError as error:
        raise StoreFailed(f"cannot read {path}: {error.strerror}", hint="look at its permissions") from error


def spent_in(lines: Iterable[bytes], before: Spending = NOTHING) -> Recorded:
    """What the call with this stream has cost; a torn last line, noise and redactions do no harm.

    `before` is what the conversation had cost when its last result was reported (`total` of the call before it).
    A call that was killed reports nothing, and so moves no total: it is charged from its stream, once, and the call
    that goes on with the conversation subtracts the same `before` as the killed one did.
    - From 2.1.330 on a result tells what came since the result before it or since the start of the process
      (`model_usage_since_last_result`); nothing is subtracted, and a killed call is never charged twice.
    - Older ones tell running totals. Killed by SIGKILL, a call leaves nothing in them, so the subtraction is exact.
      Ended by SIGTERM, claude may have kept what it had spent and add it to the next total: then that part is
      charged twice. Nobody can tell these two apart from the stream, and too much is the safe side for a limit.
    """
    reader = StreamReader(before)
    ended = False
    for line in lines:
        ended = ended or is_ending(line)
        reader.read(line)
    return _recorded(reader, ended=ended)


def _recorded(reader: StreamReader, *, ended: bool) -> Recorded:
    account, result = reader.account, reader.own_result
    return Recorded(
        tokens=account.spent.tokens,
        cost_nano=account.spent.cost_nano_usd,
        session_id=reader.session_id,
        model=reader.model,
        result=result,
        ended=ended,
        estimated=account.estimated,
        unpriced=account.unpriced,
        total=account.total,
        context_tokens=reader.context_tokens,
        window_tokens=result.window_tokens if result is not None else 0,
    )


def ended_line(ending: Ending) -> bytes:
    """What `ending` looks like in the stream; of standard error only the last line is kept."""
    told = {
        "type": _TYPE,
        "exit_code": ending.exit_code,
        "stop": ending.stop.value if ending.stop is not None else "",
        "timed_out": ending.timed_out,
        "silent_s": ending.silent_s,
        "too_much": ending.too_much,
        "at": ending.at.isoformat() if ending.at is not None else "",
        "stderr": last_line(ending.stderr),
    }
    return json.dumps(told).encode() + b"\n"


def is_ending(line: bytes) -> bool:
    """Whether `line` is the one that `ended_line` makes."""
    # Most lines are not, and some are very long: look before parsing.
    return _TYPE.encode() in line[:100] and _told(line) is not None


def ending_in(lines: tuple[bytes, ...], *, has_result: bool) -> Ending:
    """How the recorded child ended; a recording without our line was cut off unless it has a result."""
    told = next((found for line in reversed(lines) if (found := _told(line)) is not None), None)
    return told or Ending(exit_code=0 if has_result else -9)


def _told(line: bytes) -> Ending | None:
    source = object_of(line)
    if source is None or text_in(source, "type") != _TYPE:
        return None
    code, reason, silent_s = source.get("exit_code"), text_in(source, "stop"), source.get("silent_s")
    return Ending(
        exit_code=code if isinstance(code, int) else -9,
        stop=StopReason(reason) if reason in tuple(StopReason) else None,
        timed_out=source.get("timed_out") is True,
        silent_s=silent_s if isinstance(silent_s, float) else 0.0,
        too_much=source.get("too_much") is True,
        at=_time(text_in(source, "at")),
        stderr=text_in(source, "stderr"),
    )


def _time(iso: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return told if told.tzinfo is not None else None
