"""What a run holds of the allowance: how much it needs once its prompt is known, and again after a break."""

from __future__ import annotations

from dataclasses import replace

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits, Spent
from runner.allowance.report import refusal
from runner.allowance.rules import UNCAPPED_RUN_TOKENS, ask_for
from runner.errors import QuotaExceeded, UsageProblem
from runner.runs.facts import usage_facts
from runner.runs.model import Step, Usage
from runner.runs.policy import Policy
from runner.runs.run import Tools
from runner.runs.so_far import SoFar

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


def hold_again(
    tools: Tools, policy: Policy, so_far: SoFar, usage: Usage, *, open_hold: bool
) -> tuple[Ask, Spent]:
    """The hold of a run that comes back, and what earlier holds of it were charged for.

    Its own hold is taken over. Was it closed meanwhile (its holder was seen to be dead), what the run has spent is
    charged to it, and with `open_hold` another one is made for the rest.

    Raises:
        QuotaExceeded: the rest does not fit the allowance now.
    """
    reservation_id = so_far.reservations[-1]
    ask = ask_for(
        policy.limits,
        run_id=reservation_id,
        agent_id=so_far.request.agent_id,
        model=so_far.model,
        repository=policy.project or "",
    )
    charged = Spent(tokens=so_far.charged.tokens, cost_nano=so_far.charged.cost_nano)
    adopted = tools.ledger.adopt(reservation_id, holder_of_this_process())
    if adopted is not None:
        return replace(ask, tokens=adopted.tokens, cost_nano=adopted.cost_nano), charged
    if not open_hold:
        return ask, charged
    spent = Spent(tokens=usage.tokens, cost_nano=usage.cost_nano)
    try:
        tools.ledger.settle(reservation_id, spent.less(charged), failed=False)
    except UsageProblem:
        spent = charged  # it was never held: killed between the intent and the act
    return _hold_the_rest(
        tools, so_far, replace(ask, id=f"{so_far.record.run_id}.{len(so_far.reservations)}"), spent
    )


def _hold_the_rest(tools: Tools, so_far: SoFar, ask: Ask, charged: Spent) -> tuple[Ask, Spent]:
    facts = usage_facts(Usage(tokens=charged.tokens, cost_nano=charged.cost_nano))
    with so_far.record.step(
        Step.RESERVE, reservation_id=ask.id, model=ask.model, tokens=ask.tokens, charged=facts
    ):
        verdict = tools.ledger.reserve(ask, holder_of_this_process())
        if verdict.denial:
            raise refusal(verdict.denial, ask)
    return ask, charged
