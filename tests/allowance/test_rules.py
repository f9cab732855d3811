"""The pure rules: what fits, what is denied and when it could succeed, what a run asks for and is charged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.allowance.model import Ask, Denial, Limits, Rule, Spent, Tokens
from runner.allowance.rules import (
    UNCAPPED_RUN_COST_NANO,
    UNCAPPED_RUN_TOKENS,
    Usage,
    ask_for,
    charge,
    growth_verdict,
    known_usage,
    utc_day,
    verdict,
)
from tests.allowance.world import ask

DAY = 20_000
MIDNIGHT = datetime(2024, 10, 5, tzinfo=UTC)
amounts = st.integers(0, 10**15)


def denial_of(wanted: Ask, limits: Limits, usage: Usage) -> Denial:
    denial = verdict(wanted, limits=limits, usage=usage, day=DAY).denial
    assert denial is not None
    return denial


def granted(limits: Limits, usage: Usage, wanted: Ask | None = None) -> bool:
    return verdict(wanted or ask(tokens=1, cost=1), limits=limits, usage=usage, day=DAY).granted


@pytest.mark.parametrize(
    ("now", "day"), [(0.0, 0), (86_399.999, 0), (86_400.0, 1), (20_000 * 86_400 + 0.5, 20_000)]
)
def test_a_day_is_a_utc_day_number(now: float, day: int) -> None:
    assert utc_day(now) == day


@pytest.mark.parametrize(
    ("limits", "usage"),
    [
        (Limits(daily_tokens=0), Usage()),
        (Limits(daily_jobs=0), Usage()),
        (Limits(concurrent_jobs=0), Usage()),
        (Limits(daily_cost_nano=0), Usage()),
        (Limits(daily_tokens=9), Usage(tokens=4, held_tokens=5)),
        (Limits(daily_jobs=2), Usage(jobs=1, held_jobs=1)),
        (Limits(daily_cost_nano=9), Usage(cost_nano=10)),
    ],
)
def test_none_left_denies_even_an_ask_of_nothing(limits: Limits, usage: Usage) -> None:
    assert not granted(limits, usage, ask(tokens=0, cost=0))


@pytest.mark.parametrize(
    ("limits", "rule"),
    [(Limits(run_tokens=0), Rule.DAILY_TOKENS), (Limits(run_cost_nano=0), Rule.DAILY_COST)],
)
def test_a_cap_of_none_lets_no_run_in(limits: Limits, rule: Rule) -> None:
    denial = denial_of(ask(tokens=0, cost=0), limits, Usage())

    assert denial.rule is rule
    assert "is 0" in denial.reason
    assert denial.retry_at is None


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("opus", "agent me may not use model opus; allowed: haiku, sonnet"),
        ("Sonnet", "agent me may not use model Sonnet; allowed: haiku, sonnet"),
        ("", "agent me may not use a run without a named model; allowed: haiku, sonnet"),
    ],
)
def test_a_model_off_the_list_is_named(model: str, reason: str) -> None:
    denial = denial_of(ask(model=model), Limits(models=("haiku", "sonnet")), Usage())

    assert (denial.rule, denial.reason, denial.retry_at) == (Rule.MODELS, reason, None)


def test_an_empty_allow_list_allows_no_model() -> None:
    assert denial_of(ask(), Limits(models=()), Usage()).reason.endswith("allowed: none")


@pytest.mark.parametrize(
    ("wanted", "usage", "retry_at"),
    [
        (ask(tokens=500), Usage(tokens=600), MIDNIGHT),
        (ask(tokens=500), Usage(tokens=600, held_tokens=300), MIDNIGHT),
        (ask(tokens=1_000), Usage(tokens=1), MIDNIGHT),
        (ask(tokens=500), Usage(tokens=500, held_tokens=1), None),
        (ask(tokens=1_001), Usage(), None),
        (ask(tokens=0), Usage(tokens=1_000), MIDNIGHT),
    ],
)
def test_a_daily_limit_frees_at_midnight_if_that_can_help(
    wanted: Ask, usage: Usage, retry_at: datetime | None
) -> None:
    assert denial_of(wanted, Limits(daily_tokens=1_000), usage).retry_at == retry_at


@pytest.mark.parametrize(
    ("limits", "usage", "reason"),
    [
        (
            Limits(daily_tokens=100_000),
            Usage(tokens=80_000, held_tokens=8_000),
            "agent me needs 50,000 tokens; of 100,000 tokens a day 80,000 are used and 8,000 held",
        ),
        (
            Limits(daily_jobs=10),
            Usage(jobs=8, held_jobs=2),
            "agent me has no job left today: 8 done, 2 running, limit 10",
        ),
        (Limits(concurrent_jobs=1), Usage(running=1), "agent me runs 1 job now; its limit at one time is 1"),
        (
            Limits(daily_cost_nano=10 * 10**9),
            Usage(cost_nano=8 * 10**9, held_cost_nano=15 * 10**8),
            "agent me needs $2.00; of $10.00 a day $8.00 are used and $1.50 held",
        ),
    ],
)
def test_a_denial_says_why_in_one_line(limits: Limits, usage: Usage, reason: str) -> None:
    assert denial_of(ask(tokens=50_000, cost=2 * 10**9), limits, usage).reason == reason


@given(limit=amounts, used=amounts, held=amounts, wanted=st.integers(0, 10**15), money=st.booleans())
def test_a_grant_never_passes_a_limit(limit: int, used: int, held: int, wanted: int, money: bool) -> None:
    limits = Limits(daily_cost_nano=limit) if money else Limits(daily_tokens=limit)
    usage = Usage(cost_nano=used, held_cost_nano=held) if money else Usage(tokens=used, held_tokens=held)

    fits = used + held + max(1, wanted) <= limit

    assert granted(limits, usage, ask(tokens=wanted, cost=wanted)) is fits


@given(tokens=amounts, failed=st.booleans(), cost=amounts)
def test_a_failed_job_is_never_charged_less_than_half(tokens: int, failed: bool, cost: int) -> None:
    charged, money = charge(Spent(tokens=Tokens(output=tokens), cost_nano=cost), failed=failed)

    assert money == cost
    assert charged == (tokens - tokens // 2 if failed else tokens)


def test_growth_asks_only_for_what_grows() -> None:
    spent_out = Usage(tokens=1_000, cost_nano=0)
    limits = Limits(daily_tokens=10, daily_cost_nano=50, daily_jobs=0, models=())

    assert growth_verdict("me", tokens=0, cost_nano=50, limits=limits, usage=spent_out, day=DAY).granted
    assert growth_verdict("me", tokens=-5, cost_nano=-5, limits=limits, usage=spent_out, day=DAY).granted
    refused = growth_verdict("me", tokens=1, cost_nano=51, limits=limits, usage=spent_out, day=DAY)
    assert refused.denial is not None
    assert refused.denial.rule is Rule.DAILY_TOKENS


@pytest.mark.parametrize(
    ("limits", "tokens", "cost", "expected"),
    [
        (Limits(), None, None, (UNCAPPED_RUN_TOKENS, UNCAPPED_RUN_COST_NANO)),
        (Limits(run_tokens=500, run_cost_nano=50), None, None, (500, 50)),
        (Limits(run_tokens=500, run_cost_nano=50), 400, 40, (400, 40)),
        (Limits(run_tokens=500, run_cost_nano=50), 600, 60, (500, 50)),
        (
            Limits(run_tokens=500, run_cost_nano=50, daily_tokens=300, daily_cost_nano=30),
            None,
            None,
            (300, 30),
        ),
        (Limits(daily_tokens=300, daily_cost_nano=30), None, None, (300, 30)),
        (Limits(), 0, 0, (0, 0)),
        (Limits(daily_tokens=0, run_cost_nano=0), None, None, (0, 0)),
    ],
)
def test_a_run_asks_for_its_estimate_within_its_cap(
    limits: Limits, tokens: int | None, cost: int | None, expected: tuple[int, int]
) -> None:
    made = ask_for(
        limits, run_id="r-1", agent_id="me", model="sonnet", tokens=tokens, cost_nano=cost, repository="x"
    )

    assert (made.tokens, made.cost_nano) == expected
    assert (made.id, made.agent_id, made.model, made.repository) == ("r-1", "me", "sonnet", "x")


@pytest.mark.parametrize(
    ("tokens", "cost", "charged"),
    [(0, 0, (300, 30)), (120, 0, (120, 30)), (0, 7, (300, 7)), (120, 7, (120, 7))],
)
def test_an_unreported_end_costs_what_was_seen_else_all(
    tokens: int, cost: int, charged: tuple[int, int]
) -> None:
    assert known_usage(seen_tokens=tokens, seen_cost_nano=cost, held_tokens=300, held_cost_nano=30) == charged


def test_the_verdict_shows_the_quotas_before_the_ask() -> None:
    answer = verdict(ask(tokens=50), limits=Limits(daily_tokens=100), usage=Usage(tokens=50), day=DAY)

    assert answer.granted
    assert answer.quotas[0] == replace(answer.quotas[0], used=50, held=0, limit=100)
    assert answer.warnings == ()
