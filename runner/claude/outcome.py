"""What became of a call: result, exit and stop reason together, never the exit code or the subtype alone.

Two decisions that others could make otherwise:
- A refusal is `needs_input`: the same words would be refused again, only a person can change them.
- An answer over the output limit is `crashed`: the next try is seldom as long; the text says which limit to raise.

Whether the work tree changed is not known here, so a success stays `done`; denials are judged by whoever knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from runner.claude.limits import reset_at, tells_limit
from runner.claude.result import ResultLine
from runner.claude.stream import StreamReader
from runner.claude.words import last_line
from runner.process.stop import StopReason
from runner.tasks.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the child ended."""

    exit_code: int
    """Negative for a signal."""
    stop: StopReason | None = None
    """The reason it was told to stop, if it was."""
    timed_out: bool = False
    """Our own deadline ended it."""
    stderr: str = ""
    silent_s: float = 0.0
    """How long it had said nothing when it was ended for that; 0 if it was not."""
    too_much: bool = False
    """It was ended for writing more than a whole run can fill."""
    at: datetime | None = None
    """When that was, aware, in the zone of this machine; None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome, its words, and when a usage limit resets (None: no limit, or not told)."""

    outcome: Outcome
    text: str
    retry_at: datetime | None = None


STOPPED = {
    StopReason.LEASE_LOST: Outcome.LEASE_LOST,
    StopReason.CANCELLED: Outcome.CANCELLED,
    StopReason.INTERRUPTED: Outcome.CANCELLED,
    StopReason.DEADLINE: Outcome.TIMEOUT,
    StopReason.TOKENS: Outcome.BUDGET,
    StopReason.WHO_PAYS: Outcome.BILLING,
}
"""The agent pauses on `billing`, as it must when another key or login pays than was chosen."""

_SUBTYPES = {"error_max_turns": Outcome.TURNS, "error_max_budget_usd": Outcome.BUDGET}

_TERMINALS = {
    "max_turns": Outcome.TURNS,
    "budget_exhausted": Outcome.BUDGET,
    "prompt_too_long": Outcome.CONTEXT_OVERFLOW,
    "image_error": Outcome.INVALID_REQUEST,
}

_WORDS = (
    (re.compile(r"prompt is too long|context (?:limit|window)", re.IGNORECASE), Outcome.CONTEXT_OVERFLOW),
    # A conversation that cannot be resumed: only the next try without it can work.
    (re.compile(r"no conversation found", re.IGNORECASE), Outcome.CONTEXT_OVERFLOW),
    (re.compile(r"credit balance", re.IGNORECASE), Outcome.BILLING),
    (re.compile(r"not logged in|please run /login|invalid api key", re.IGNORECASE), Outcome.AUTH),
)
"""Words that decide before any number, in the versions that have no better sign."""

_KINDS = {
    "authentication_failed": Outcome.AUTH,
    "oauth_org_not_allowed": Outcome.AUTH,
    "billing_error": Outcome.BILLING,
    "rate_limit": Outcome.OVERLOADED,
    "overloaded": Outcome.OVERLOADED,
    "server_error": Outcome.OVERLOADED,
    "model_not_found": Outcome.INVALID_REQUEST,
    "invalid_request": Outcome.INVALID_REQUEST,
    "max_output_tokens": Outcome.CRASHED,
}

_STATUSES = {
    400: Outcome.INVALID_REQUEST,
    401: Outcome.AUTH,
    402: Outcome.BILLING,
    403: Outcome.AUTH,
    404: Outcome.INVALID_REQUEST,
    408: Outcome.OVERLOADED,
    413: Outcome.INVALID_REQUEST,
    422: Outcome.INVALID_REQUEST,
    429: Outcome.OVERLOADED,
}

_CONNECTION = re.compile(
    r"\bconnect|timed? ?out|\bECONN|\bENOTFOUND|\bEAI_AGAIN|fetch failed|socket", re.IGNORECASE
)


def judge(reader: StreamReader, ending: Ending) -> Verdict:
    """The one verdict over a call that was started."""
    result = reader.own_result
    if ending.stop is not None:
        return Verdict(outcome=STOPPED[ending.stop], text=f"stopped: {ending.stop.value.replace('_', ' ')}")
    if result is not None and _succeeded(result):
        return Verdict(outcome=Outcome.DONE, text=result.text)
    if ending.timed_out:
        return Verdict(outcome=Outcome.TIMEOUT, text="the time for this call was over")
    if ending.silent_s:
        words = f"claude said nothing for {ending.silent_s:.0f} s, and no tool was running"
        return Verdict(outcome=Outcome.TIMEOUT, text=words)
    if ending.too_much:
        return Verdict(outcome=Outcome.CRASHED, text="claude wrote without an end and was stopped")
    if result is None:
        return _without_result(reader, ending)
    return _of_error(result, reader, ending.at)


def _succeeded(result: ResultLine) -> bool:
    """A message of claude's own as the last word is an error, whatever the result says (seen with limits)."""
    return not result.is_error and result.stop_reason != "refusal" and not result.error_kind


def _without_result(reader: StreamReader, ending: Ending) -> Verdict:
    """Killed, crashed, or a program that printed something else."""
    if reader.limits:
        return _limited(reader, "the usage limit was reached", ending.at)
    last = last_line(ending.stderr)
    because = f": {last}" if last else ""
    if ending.exit_code == 0:
        return Verdict(outcome=Outcome.NO_RESULT, text=f"claude ended without a result{because}")
    how = f"signal {-ending.exit_code}" if ending.exit_code < 0 else f"exit code {ending.exit_code}"
    return Verdict(outcome=Outcome.CRASHED, text=f"claude ended with {how} and without a result{because}")


def _of_error(result: ResultLine, reader: StreamReader, at: datetime | None) -> Verdict:
    text = _words(result)
    outcome = _error(result)
    told = result.limit_reached or tells_limit(text)
    # A spend limit of an organisation comes as a bad request, a closed window as one request too many.
    limits = (Outcome.OVERLOADED, Outcome.CRASHED, *((Outcome.INVALID_REQUEST,) if told else ()))
    if outcome in limits and (told or (outcome is Outcome.OVERLOADED and reader.limits)):
        return _limited(reader, text, at)
    return Verdict(outcome=outcome, text=text)


def _words(result: ResultLine) -> str:
    if result.terminal_reason.startswith("aborted") or result.text.startswith("[ede_diagnostic]"):
        return "claude was interrupted from outside"
    because = result.error_kind or result.terminal_reason or result.subtype
    return result.text or f"claude failed: {because or 'it does not say why'}"


def _error(result: ResultLine) -> Outcome:
    """From the surest sign to the weakest."""
    said = next((outcome for words, outcome in _WORDS if words.search(result.text)), None)
    refused = Outcome.NEEDS_INPUT if result.stop_reason == "refusal" else None
    return (
        _SUBTYPES.get(result.subtype)
        or _TERMINALS.get(result.terminal_reason)
        or refused
        or said
        or _KINDS.get(result.error_kind)
        or _STATUSES.get(result.status)
        or (
            Outcome.OVERLOADED if result.status >= 500 or _CONNECTION.search(result.text) else Outcome.CRASHED
        )
    )


def _limited(reader: StreamReader, text: str, at: datetime | None) -> Verdict:
    return Verdict(outcome=Outcome.LIMIT_UNTIL, text=text, retry_at=reset_at(reader.limits, text, at))
