"""Everything known about a call, put together as its result."""

from __future__ import annotations

from datetime import datetime

from runner.claude.outcome import STOPPED, Ending, judge
from runner.claude.protocol import ClaudeRequest, ClaudeResult
from runner.claude.spending import Spending
from runner.claude.stream import StreamReader
from runner.claude.words import Hide
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome


def reader_for(request: ClaudeRequest, hide: Hide = str) -> StreamReader:
    """A reader that knows what the conversation had cost before; a new one had cost nothing."""
    if not request.resume:
        return StreamReader(hide=hide)
    before = Spending(tokens=request.tokens_before, cost_nano_usd=request.spent_before_nano_usd)
    return StreamReader(before, hide)


def to_result(
    request: ClaudeRequest, reader: StreamReader, ending: Ending, *, duration_s: float, session_id: str
) -> ClaudeResult:
    """The result of a call that was started."""
    verdict = judge(reader, ending)
    account = reader.account
    result = reader.own_result
    return ClaudeResult(
        outcome=verdict.outcome,
        text=verdict.text,
        tokens=account.spent.tokens,
        cost_nano_usd=account.spent.cost_nano_usd,
        session_id=session_id,
        denials=reader.denials,
        turns=result.turns if result is not None else 0,
        duration_s=duration_s,
        model=reader.model or request.model or "",
        retry_at=verdict.retry_at,
        total_cost_nano_usd=account.total.cost_nano_usd,
        total_tokens=account.total.tokens,
        estimated=account.estimated or not reader.results,
        unpriced=account.unpriced,
    )


def ended_before_start(request: ClaudeRequest, stop: Stop) -> ClaudeResult | None:
    """The result of a call that need not be started: told to stop, no money, or no time. None: start it."""
    if stop.reason is not None:
        return unstarted(request, STOPPED[stop.reason], _stopped(stop.reason))
    if request.budget_nano_usd is not None and request.budget_nano_usd <= 0:
        return unstarted(request, Outcome.BUDGET, "nothing is left of the money for this call")
    if request.timeout_s <= 0:
        return unstarted(request, Outcome.TIMEOUT, "nothing is left of the time for this call")
    return None


def unstarted(
    request: ClaudeRequest, outcome: Outcome, text: str, *, retry_at: datetime | None = None
) -> ClaudeResult:
    """A result that cost nothing."""
    before = reader_for(request).account.total
    return ClaudeResult(
        outcome=outcome,
        text=text,
        tokens=Spending().tokens,
        cost_nano_usd=0,
        session_id=request.session_id,
        model=request.model or "",
        retry_at=retry_at,
        total_cost_nano_usd=before.cost_nano_usd,
        total_tokens=before.tokens,
    )


def _stopped(reason: StopReason) -> str:
    return f"stopped before the start: {reason.value.replace('_', ' ')}"
