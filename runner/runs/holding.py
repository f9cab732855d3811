"""How many tokens a run is expected to take once its prompt is known; pure."""

from __future__ import annotations

from runner.allowance.model import Limits
from runner.allowance.rules import UNCAPPED_RUN_TOKENS
from runner.errors import QuotaExceeded

FIXED_TOKENS = 20_000
"""Claude's own system prompt and tools, sent with each first call (12,000 to 15,000 measured), and a first answer."""

TURNS_PER_RUN = 4
"""How many times over an uncapped run is expected to pay for its prompt (the rest is read from the cache)."""


def expected_tokens(limits: Limits, *, prompt_tokens: int) -> int | None:
    """What a run without a cap should hold for this prompt; None with a cap: the cap is held.

    Raises:
        QuotaExceeded: the prompt alone does not fit the cap of a run.
    """
    needed = prompt_tokens + FIXED_TOKENS
    if limits.run_tokens is None:
        return max(UNCAPPED_RUN_TOKENS, needed * TURNS_PER_RUN)
    if needed > limits.run_tokens:
        raise QuotaExceeded(
            f"the prompt needs about {needed} tokens, a run may use {limits.run_tokens}",
            hint="shorten the task or context.budget_tokens, or raise the cap: `runner allowance set --run-tokens N`",
        )
    return None
