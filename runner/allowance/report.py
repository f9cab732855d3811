"""What people read about an allowance: `runner allowance show` and `explain`, as values and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.allowance.model import Ask, Denial, Limits, Quota, Reservation, Rule, Verdict
from runner.allowance.words import amount, dollars
from runner.errors import QuotaExceeded

NAMES = {
    Rule.MODELS: "models",
    Rule.DAILY_TOKENS: "tokens a day",
    Rule.DAILY_JOBS: "jobs a day",
    Rule.CONCURRENT_JOBS: "jobs at one time",
    Rule.DAILY_COST: "cost a day",
}
_UNITS = {Rule.DAILY_TOKENS: "tokens", Rule.DAILY_COST: "nano_usd"}
_SETTERS = {
    Rule.MODELS: "--models",
    Rule.DAILY_TOKENS: "--daily-tokens",
    Rule.DAILY_JOBS: "--daily-jobs",
    Rule.CONCURRENT_JOBS: "--concurrent-jobs",
    Rule.DAILY_COST: "--daily-cost",
}
RULE_HEAD = ("LIMIT", "USED", "HELD", "LEFT", "OF", "")
HOLD_HEAD = ("RUN", "MODEL", "TOKENS", "COST", "PROCESS")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """One rule with a number; `limit` and `left` None are unlimited, a negative `left` is debt."""

    rule: Rule
    unit: str
    """`tokens`, `jobs` or `nano_usd`."""
    used: int
    held: int
    left: int | None
    limit: int | None
    warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceReport:
    """What one agent may spend, has spent today (UTC) and holds now."""

    agent_id: str
    source: str
    """Where the limits come from: a file, or the built-in defaults."""
    models: tuple[str, ...] | None
    run_tokens: int | None
    run_cost_nano: int | None
    job_duration_s: int | None
    rules: tuple[RuleReport, ...]
    holds: tuple[Reservation, ...]


def report(
    agent_id: str, *, limits: Limits, source: str, quotas: Iterable[Quota], holds: Iterable[Reservation]
) -> AllowanceReport:
    """Everything `runner allowance show` tells about one agent."""
    return AllowanceReport(
        agent_id=agent_id,
        source=source,
        models=limits.models,
        run_tokens=limits.run_tokens,
        run_cost_nano=limits.run_cost_nano,
        job_duration_s=limits.job_duration_s,
        rules=tuple(_rule_report(quota) for quota in quotas),
        holds=tuple(holds),
    )


def rule_rows(shown: AllowanceReport) -> tuple[tuple[str, ...], ...]:
    """One row per rule for a table under `RULE_HEAD`."""
    return tuple(
        (
            NAMES[row.rule],
            amount(row.rule, row.used),
            amount(row.rule, row.held),
            _or_unlimited(row.rule, row.left),
            _or_unlimited(row.rule, row.limit),
            _mark(row),
        )
        for row in shown.rules
    )


def hold_rows(shown: AllowanceReport) -> tuple[tuple[str, ...], ...]:
    """One row per open hold for a table under `HOLD_HEAD`, oldest first."""
    return tuple(
        (hold.id, hold.model, f"{hold.tokens:,}", dollars(hold.cost_nano), str(hold.holder.pid))
        for hold in shown.holds
    )


def cap_lines(shown: AllowanceReport) -> tuple[str, ...]:
    """What holds for each single run, and where the limits come from."""
    return (
        f"models: {'any' if shown.models is None else ', '.join(shown.models) or 'none'}",
        f"one run: {_caps(shown.run_tokens, shown.run_cost_nano, shown.job_duration_s)}",
        f"limits from: {shown.source}",
    )


def explain(ask: Ask, verdict: Verdict, *, limits: Limits, source: str) -> tuple[str, ...]:
    """What an ask would be answered, and why, in sentences."""
    model = f"model {ask.model}" if ask.model else "no named model"
    asked = (
        f"A run of agent {ask.agent_id} with {model} would hold "
        f"{ask.tokens:,} tokens and {dollars(ask.cost_nano)}."
    )
    return (
        asked,
        *_answer(verdict.denial, ask),
        *_standings(verdict, limits),
        f"The limits come from: {source}.",
    )


def refusal(denial: Denial, ask: Ask) -> QuotaExceeded:
    """The error of a denied run: exit code 4, with what a person can do about it."""
    change = f"change the limit with `runner allowance set {_SETTERS[denial.rule]} ...`"
    hint = f"{_advice(denial, ask)}{change}"
    return QuotaExceeded(denial.reason, hint=hint, retry_at=denial.retry_at)


def _rule_report(quota: Quota) -> RuleReport:
    return RuleReport(
        rule=quota.rule,
        unit=_UNITS.get(quota.rule, "jobs"),
        used=quota.used,
        held=quota.held,
        left=quota.left,
        limit=quota.limit,
        warning=quota.warning,
    )


def _or_unlimited(rule: Rule, value: int | None) -> str:
    return "unlimited" if value is None else amount(rule, value)


def _mark(row: RuleReport) -> str:
    if row.left is None or row.left > 0:
        return "nearly spent" if row.warning else ""
    return "spent" if row.left == 0 else "in debt"


def _caps(tokens: int | None, cost_nano: int | None, duration_s: int | None) -> str:
    parts = (
        None if tokens is None else f"{tokens:,} tokens",
        None if cost_nano is None else dollars(cost_nano),
        None if duration_s is None else f"{duration_s:,} s",
    )
    return ", ".join(part for part in parts if part is not None) or "no cap"


def _advice(denial: Denial, ask: Ask) -> str:
    if denial.rule is Rule.MODELS:
        return "choose a model that is allowed, or "
    if denial.retry_at is not None:
        return f"wait until {denial.retry_at:%Y-%m-%d %H:%M} UTC, or "
    if denial.limit == 0:
        return ""
    return "wait until a run ends, or " if _can_ever_fit(denial, ask) else "ask for less, or "


def _can_ever_fit(denial: Denial, ask: Ask) -> bool:
    wanted = {Rule.DAILY_TOKENS: ask.tokens, Rule.DAILY_COST: ask.cost_nano}
    return denial.rule is not Rule.MODELS and max(1, wanted.get(denial.rule, 1)) <= denial.limit


def _answer(denial: Denial | None, ask: Ask) -> tuple[str, ...]:
    if denial is None:
        return ("It would be let in.",)
    refused = f"It would be refused by the limit on {NAMES[denial.rule]}: {denial.reason}."
    if denial.retry_at is not None:
        return refused, f"It could be let in from {denial.retry_at:%Y-%m-%d %H:%M} UTC on."
    if _can_ever_fit(denial, ask):
        return refused, "It could be let in when a run ends; when that is, nobody knows."
    return refused, "Waiting does not help: only another ask or another limit does."


def _standings(verdict: Verdict, limits: Limits) -> tuple[str, ...]:
    models = (
        "any model may be used"
        if limits.models is None
        else f"allowed are {', '.join(limits.models) or 'none'}"
    )
    return (f"Models: {models}.", *(_standing(quota) for quota in verdict.quotas))


def _standing(quota: Quota) -> str:
    name = NAMES[quota.rule].capitalize()
    used, held = amount(quota.rule, quota.used), amount(quota.rule, quota.held)
    if quota.limit is None:
        return f"{name}: {used} used and {held} held; there is no limit."
    left, limit = amount(quota.rule, quota.limit - quota.used - quota.held), amount(quota.rule, quota.limit)
    near = " (at least 80 % gone)" if quota.warning else ""
    return f"{name}: {used} used and {held} held of {limit}; {left} left{near}."
