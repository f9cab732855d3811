"""Whether an ask fits: pure rules over limits and usage, in the contractual order of `Rule`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.allowance.model import Ask, Denial, Limits, Quota, Rule, Spent, Verdict
from runner.allowance.words import amount, counted_noun

SECONDS_PER_DAY = 86_400
UNCAPPED_RUN_TOKENS = 400_000
"""What a run without a cap and without an estimate holds."""
UNCAPPED_RUN_COST_NANO = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one agent has committed and holds, as it counts against one UTC day.

    Open holds count tokens and money against whichever day it is now, so a run across midnight hides from
    neither day; jobs count on the day of their admission.
    """

    tokens: int = 0
    held_tokens: int = 0
    jobs: int = 0
    held_jobs: int = 0
    running: int = 0
    cost_nano: int = 0
    held_cost_nano: int = 0


def utc_day(now: float) -> int:
    """The UTC day number of `now` (unix seconds)."""
    return int(now // SECONDS_PER_DAY)


def quotas(limits: Limits, usage: Usage) -> tuple[Quota, ...]:
    """One quota for every rule with a number, in rule order; an unlimited one has limit None."""
    return (
        Quota(rule=Rule.DAILY_TOKENS, used=usage.tokens, held=usage.held_tokens, limit=limits.daily_tokens),
        Quota(rule=Rule.DAILY_JOBS, used=usage.jobs, held=usage.held_jobs, limit=limits.daily_jobs),
        Quota(rule=Rule.CONCURRENT_JOBS, used=0, held=usage.running, limit=limits.concurrent_jobs),
        Quota(
            rule=Rule.DAILY_COST,
            used=usage.cost_nano,
            held=usage.held_cost_nano,
            limit=limits.daily_cost_nano,
        ),
    )


def verdict(ask: Ask, *, limits: Limits, usage: Usage, day: int) -> Verdict:
    """The answer to an ask on UTC day `day`; the quotas in it are as they stood before the ask."""
    standing = quotas(limits, usage)
    wanted = {
        Rule.DAILY_TOKENS: ask.tokens,
        Rule.DAILY_JOBS: 1,
        Rule.CONCURRENT_JOBS: 1,
        Rule.DAILY_COST: ask.cost_nano,
    }
    denial = (
        _wrong_model(ask, limits)
        or _no_run_at_all(ask.agent_id, limits)
        or _first_denial(ask.agent_id, standing, wanted, day)
    )
    return Verdict(granted=denial is None, denial=denial, quotas=standing)


def growth_verdict(
    agent_id: str, *, tokens: int, cost_nano: int, limits: Limits, usage: Usage, day: int
) -> Verdict:
    """Whether a hold may grow by so much; what does not grow (0 or less) is not asked."""
    standing = quotas(limits, usage)
    wanted = {Rule.DAILY_TOKENS: tokens, Rule.DAILY_COST: cost_nano}
    growing = {rule: more for rule, more in wanted.items() if more > 0}
    denial = _first_denial(agent_id, standing, growing, day)
    return Verdict(granted=denial is None, denial=denial, quotas=standing)


def ask_for(
    limits: Limits,
    *,
    run_id: str,
    agent_id: str,
    model: str,
    tokens: int | None = None,
    cost_nano: int | None = None,
    repository: str = "",
) -> Ask:
    """What a run should hold: its estimate, else its cap, never above the cap or a whole day's limit.

    `tokens` and `cost_nano` are estimates; None is "not known", then the run holds its cap.
    """
    return Ask(
        id=run_id,
        agent_id=agent_id,
        model=model,
        tokens=_hold(tokens, limits.run_tokens, limits.daily_tokens, UNCAPPED_RUN_TOKENS),
        cost_nano=_hold(cost_nano, limits.run_cost_nano, limits.daily_cost_nano, UNCAPPED_RUN_COST_NANO),
        repository=repository,
    )


def charge(spent: Spent, *, failed: bool) -> tuple[int, int]:
    """(tokens, nano-USD) that count: a failed job pays half its tokens, rounded up, and all its money."""
    counted = spent.tokens.counted
    return (counted + 1) // 2 if failed else counted, spent.cost_nano


def known_usage(
    *, seen_tokens: int, seen_cost_nano: int, held_tokens: int, held_cost_nano: int
) -> tuple[int, int]:
    """What a run costs whose end nobody reported: as far as it was seen, in full where nothing was.

    Each dimension by itself: a stream tells tokens while a price comes only with the result.
    """
    return seen_tokens or held_tokens, seen_cost_nano or held_cost_nano


def _hold(estimate: int | None, cap: int | None, day: int | None, default: int) -> int:
    wanted = estimate if estimate is not None else cap if cap is not None else default
    return min(bound for bound in (wanted, cap, day) if bound is not None)


def _wrong_model(ask: Ask, limits: Limits) -> Denial | None:
    if limits.models is None or ask.model in limits.models:
        return None
    allowed = ", ".join(limits.models) or "none"
    what = f"model {ask.model}" if ask.model else "a run without a named model"
    return _denial(Rule.MODELS, f"agent {ask.agent_id} may not use {what}; allowed: {allowed}")


def _no_run_at_all(agent_id: str, limits: Limits) -> Denial | None:
    """A cap of 0 is "none": without this rule a run would be let in with nothing to spend."""
    if limits.run_tokens == 0:
        return _denial(Rule.DAILY_TOKENS, f"agent {agent_id} may use no tokens in a run: run_tokens is 0")
    if limits.run_cost_nano == 0:
        return _denial(Rule.DAILY_COST, f"agent {agent_id} may spend nothing in a run: run_cost_usd is 0")
    return None


def _denial(rule: Rule, reason: str) -> Denial:
    return Denial(rule=rule, used=0, held=0, limit=0, retry_at=None, reason=reason)


def _first_denial(
    agent_id: str, standing: tuple[Quota, ...], wanted: Mapping[Rule, int], day: int
) -> Denial | None:
    for quota in standing:
        more = wanted.get(quota.rule)
        if more is not None and not _fits(quota, more):
            return Denial(
                rule=quota.rule,
                used=quota.used,
                held=quota.held,
                limit=quota.limit or 0,
                retry_at=_retry_at(quota, max(1, more), day),
                reason=_reason(agent_id, quota, more),
            )
    return None


def _fits(quota: Quota, more: int) -> bool:
    # An ask of nothing still needs room for one: 0 means none, and a spent limit lets nobody in.
    return quota.limit is None or quota.used + quota.held + max(1, more) <= quota.limit


def _retry_at(quota: Quota, more: int, day: int) -> datetime | None:
    """The next UTC midnight if today's usage is in the way; None for holds, whose end nobody knows.

    None too when the ask is larger than the whole limit.
    """
    limit = quota.limit or 0
    if more > limit or quota.used + more <= limit:
        return None
    return datetime.fromtimestamp((day + 1) * SECONDS_PER_DAY, tz=UTC)


def _reason(agent_id: str, quota: Quota, more: int) -> str:
    limit = quota.limit or 0
    if quota.rule is Rule.CONCURRENT_JOBS:
        return (
            f"agent {agent_id} runs {counted_noun(quota.held, 'job')} now; its limit at one time is {limit}"
        )
    used, held = amount(quota.rule, quota.used), amount(quota.rule, quota.held)
    whole = amount(quota.rule, limit)
    if quota.rule is Rule.DAILY_JOBS:
        return f"agent {agent_id} has no job left today: {used} done, {held} running, limit {whole}"
    noun = " tokens" if quota.rule is Rule.DAILY_TOKENS else ""
    return (
        f"agent {agent_id} needs {amount(quota.rule, more)}{noun}; of {whole}{noun} a day "
        f"{used} are used and {held} held"
    )
