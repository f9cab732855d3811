"""Amounts as people read them."""

from __future__ import annotations

import pytest

from runner.allowance.model import Rule
from runner.allowance.words import amount, counted_noun, dollars


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "$0.00"),
        (1, "$0.0001"),
        (1_500_000_000, "$1.50"),
        (1_234_567_890_123, "$1,234.5679"),
        (12_300_000, "$0.0123"),
        (999_999_999, "$1.00"),
        (-2_500_000_000, "-$2.50"),
    ],
)
def test_money_is_dollars_with_at_most_four_digits_rounded_up(nano: int, text: str) -> None:
    assert dollars(nano) == text


def test_amounts_have_the_unit_of_their_rule() -> None:
    assert amount(Rule.DAILY_COST, 10**9) == "$1.00"
    assert amount(Rule.DAILY_TOKENS, 1_234_567) == "1,234,567"


def test_one_is_singular() -> None:
    assert (counted_noun(1, "job"), counted_noun(0, "job"), counted_noun(2_000, "job")) == (
        "1 job",
        "0 jobs",
        "2,000 jobs",
    )
