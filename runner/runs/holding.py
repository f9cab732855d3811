"""How much a run holds of the allowance before it starts, and once its prompt is known; pure."""

from __future__ import annotations

from runner.allowance.model import NANO_PER_USD, Limits
from runner.errors import QuotaExceeded

UNCAPPED_TOKENS = 500_000
UNCAPPED_COST_NANO = 5 * NANO_PER_USD
"""Held by a run without a cap of its own; nothing stops such a run at these numbers, so they only make room."""

FIXED_TOKENS = 20_000
"""Claude's own system prompt and tools, sent with each first call (12,000 to 15,000 measured), and a first answer."""

TURNS_PER_RUN = 4
"""How many times over an uncapped run is expected to pay for its prompt (the rest is read from the cache)."""


def hold_before_claim(limits: Limits) -> tuple[int, int]:
    """Tokens and nano-USD held before any task is known: the caps of one run."""
    tokens = UNCAPPED_TOKENS if limits.run_tokens is None else limits.run_tokens
    cost = UNCAPPED_COST_NANO if limits.run_cost_nano is None else limits.run_cost_nano
    return tokens, cost


def hold_for(limits: Limits, *, prompt_tokens: int) -> tuple[int, int]:
    """The same once the prompt is known: a cap stays the cap, without one the hold grows with the prompt.

    Raises:
        QuotaExceeded: the prompt alone does not fit the cap of a run.
    """
    tokens, cost = hold_before_claim(limits)
    needed = prompt_tokens + FIXED_TOKENS
    if limits.run_tokens is not None and needed > limits.run_tokens:
        raise QuotaExceeded(
            f"the prompt needs about {needed} tokens, a run may use {limits.run_tokens}",
            hint="shorten the task or context.budget_tokens, or raise the cap: `runner allowance set --run-tokens N`",
        )
    if limits.run_tokens is None:
        tokens = max(tokens, needed * TURNS_PER_RUN)
    return tokens, cost
