"""When an earlier conversation is worth going on with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.claude.resumption import Earlier, why_afresh, worth_resuming
from runner.tasks.model import Outcome

USUAL = Earlier(
    session_id="85444ca4-5f51-4da4-8cf4-86219c1cb2b8",
    outcome=None,
    context_tokens=40_000,
    spent_nano_usd=300_000_000,
    idle_s=60.0,
    model="claude-opus-5-5",
)
COLD_NANO = 40_000 * 5000
WARM_NANO = 40_000 * 200
DAY_S = 86_400.0


def test_a_conversation_whose_runner_was_killed_is_gone_on_with() -> None:
    assert why_afresh(USUAL) == ""
    assert worth_resuming(USUAL)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.TIMEOUT, True),
        (Outcome.CRASHED, True),
        (Outcome.NO_RESULT, True),
        (Outcome.OVERLOADED, True),
        (Outcome.LIMIT_UNTIL, True),
        (Outcome.TURNS, True),
        (Outcome.BUDGET, True),
        (Outcome.CHECKS_FAILED, True),
        (Outcome.NEEDS_INPUT, True),
        (Outcome.CANCELLED, True),
        (Outcome.AUTH, True),
        (Outcome.CONTEXT_OVERFLOW, False),
        (Outcome.INVALID_REQUEST, False),
        (Outcome.LEASE_LOST, False),
    ],
)
def test_only_an_outcome_that_would_come_again_poisons_it(outcome: Outcome, expected: bool) -> None:
    assert worth_resuming(replace(USUAL, outcome=outcome)) is expected


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"session_id": ""}, "no id"),
        ({"session_id": "--dangerously"}, "no id"),
        ({"context_tokens": 0}, "nothing was answered"),
        ({"resumes_in_vain": 2}, "came to nothing"),
        ({"idle_s": 29.5 * DAY_S}, "has deleted"),
        ({"context_tokens": 160_001, "spent_nano_usd": 10**12}, "too long"),
        ({"context_tokens": 900_000, "window_tokens": 1_000_000, "spent_nano_usd": 10**13}, "too long"),
    ],
)
def test_what_cannot_work_is_not_tried(fields: dict[str, Any], why: str) -> None:
    assert why in why_afresh(replace(USUAL, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"resumes_in_vain": 1},
        {"idle_s": 28 * DAY_S},
        {"context_tokens": 160_000, "spent_nano_usd": 10**12},
        {"context_tokens": 700_000, "window_tokens": 1_000_000, "spent_nano_usd": 10**13},
    ],
)
def test_short_of_these_limits_it_is(fields: dict[str, Any]) -> None:
    assert why_afresh(replace(USUAL, **fields)) == ""


@pytest.mark.parametrize(
    ("fields", "least_nano"),
    [
        ({"idle_s": 299.0}, WARM_NANO),
        ({"idle_s": 299.0, "next_model": "opus"}, WARM_NANO),
        ({"idle_s": 300.0}, COLD_NANO),
        ({"idle_s": -5.0}, COLD_NANO),  # the clock was set back: nobody knows how long ago
        ({"idle_s": 10.0, "next_model": "sonnet"}, COLD_NANO),
    ],
)
def test_reading_it_again_must_not_cost_more_than_the_work_did(
    fields: dict[str, Any], least_nano: int
) -> None:
    earlier = replace(USUAL, **fields)

    assert worth_resuming(replace(earlier, spent_nano_usd=least_nano))
    assert "costs more" in why_afresh(replace(earlier, spent_nano_usd=least_nano - 1))


def test_without_a_known_price_the_work_that_was_done_is_kept() -> None:
    assert worth_resuming(replace(USUAL, model="claude-next-9", spent_nano_usd=0, idle_s=DAY_S))


@given(st.integers(1, 160_000), st.floats(0, 28 * DAY_S), st.integers(0, 10**10))
def test_what_pays_after_a_while_pays_at_once_too(tokens: int, idle_s: float, spent: int) -> None:
    later = replace(USUAL, context_tokens=tokens, idle_s=idle_s, spent_nano_usd=spent)

    assert worth_resuming(replace(later, idle_s=0.0)) or not worth_resuming(later)
