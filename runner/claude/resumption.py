"""Go on with an earlier conversation, or begin anew? Pure: what is known of it comes in.

Going on (`--resume`) sends the whole conversation again, as it was. That pays when it is cheaper than doing the work
once more, and is useless when the conversation itself is what failed.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from runner.allowance.model import Tokens
from runner.claude.prices import cost_nano_usd, is_priced
from runner.tasks.model import Outcome

CACHE_TTL_S = 300.0
"""So long the API keeps what it has read; then all of the conversation is paid as new input, and a quarter more."""

KEPT_S = 29 * 86_400.0
"""Claude deletes its conversations after thirty days."""

USUAL_WINDOW_TOKENS = 200_000

_FILLED = 0.8
"""Beyond this part of the window the next answers would soon overflow, or be spent on compacting."""

MOST_RESUMES_IN_VAIN = 2

_POISONED = {
    Outcome.CONTEXT_OVERFLOW: "the conversation does not fit into the model any more, or is gone",
    Outcome.INVALID_REQUEST: "the API refuses this conversation, and would refuse it again",
    Outcome.LEASE_LOST: "another runner went on with the task meanwhile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier conversation about the same task, as its recordings and results tell it."""

    session_id: str
    outcome: Outcome | None
    """How its last call ended; None when the runner was killed before it could tell."""
    context_tokens: int
    """How long it had become; 0 when claude never answered in it."""
    spent_nano_usd: int
    """What all of it has cost: to begin anew costs about that much again."""
    idle_s: float
    """Since its last line."""
    model: str = ""
    """The model it was led with, as claude names it; empty if that is not known."""
    next_model: str = ""
    """The model asked for now; empty when nothing is asked for. Another one has nothing in its cache."""
    window_tokens: int = 0
    """What the model can hold; 0 if that is not known."""
    resumes_in_vain: int = 0
    """How often it was gone on with lately, and nothing was answered."""


def worth_resuming(earlier: Earlier) -> bool:
    """Whether to go on with it."""
    return not why_afresh(earlier)


def why_afresh(earlier: Earlier) -> str:
    """Why to begin anew, for the log and the report; empty when it is worth to go on."""
    if not _is_uuid(earlier.session_id):
        return "the conversation has no id that claude would take"
    if earlier.outcome in _POISONED:
        return _POISONED[earlier.outcome]
    if earlier.context_tokens <= 0:
        return "nothing was answered in the conversation"
    if earlier.resumes_in_vain >= MOST_RESUMES_IN_VAIN:
        return "going on with the conversation was tried, and came to nothing"
    if earlier.idle_s > KEPT_S:
        return "claude has deleted the conversation by now"
    if earlier.context_tokens > _FILLED * (earlier.window_tokens or USUAL_WINDOW_TOKENS):
        return "the conversation is too long to go on with"
    return "" if _pays(earlier) else "reading the conversation again costs more than it has cost"


def _pays(earlier: Earlier) -> bool:
    """Without a known price there is nothing to compare: keep the work that was done."""
    model = earlier.model
    if not is_priced(model):
        return True
    is_warm = 0 <= earlier.idle_s < CACHE_TTL_S and _is_same_model(earlier)
    tokens = earlier.context_tokens
    again = Tokens(cache_read=tokens) if is_warm else Tokens(cache_creation=tokens)
    return cost_nano_usd(model, again) <= earlier.spent_nano_usd


def _is_same_model(earlier: Earlier) -> bool:
    """`sonnet` is short for `claude-sonnet-5-5`."""
    return not earlier.next_model or earlier.next_model in earlier.model


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
