"""Prices for estimates."""

from __future__ import annotations

import pytest

from runner.allowance.model import Tokens
from runner.claude.prices import DEAREST, PRICES, cost_nano_usd, price_of

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        # input, output, cache write, cache write for an hour, cache read: as claude 2.1.330 printed them.
        ("claude-opus-5-5", (4, 20, 5, 8, 0.2)),
        ("claude-sonnet-5-5", (2, 10, 2.5, 4, 0.1)),
        ("claude-fable-5-2", (8, 40, 10, 16, 0.2)),
        ("claude-opus-4-8", (5, 25, 6.25, 10, 0.5)),
        ("claude-sonnet-4-5", (3, 15, 3.75, 6, 0.3)),
        ("claude-3-5-haiku-20241022", (0.8, 4, 1, 1.6, 0.08)),
    ],
)
def test_a_million_tokens_of_each_class(model: str, usd: tuple[float, ...]) -> None:
    costs = (
        cost_nano_usd(model, Tokens(input=MILLION)),
        cost_nano_usd(model, Tokens(output=MILLION)),
        cost_nano_usd(model, Tokens(cache_creation=MILLION)),
        cost_nano_usd(model, Tokens(cache_creation=MILLION), hour_tokens=MILLION),
        cost_nano_usd(model, Tokens(cache_read=MILLION)),
    )

    assert costs == tuple(round(price * 1e9) for price in usd)


def test_a_long_prompt_costs_more_where_the_model_has_such_a_step() -> None:
    assert cost_nano_usd("claude-haiku-5-5", Tokens(input=100_000, output=10)) == 100_000 * 100 + 10 * 500
    assert cost_nano_usd("claude-haiku-5-5", Tokens(input=100_000, cache_read=1)) == (100_000 * 100 + 10) * 5
    assert cost_nano_usd("claude-opus-5-5", Tokens(input=900_000)) == 900_000 * 4000


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("claude-opus-4-8[1m]", "claude-opus-4-8"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6"),
        ("claude-opus-4-5@20251101", "claude-opus-4-5"),
        ("claude-opus-5-5", "claude-opus-5-5"),
    ],
)
def test_a_model_is_known_under_other_names(name: str, known: str) -> None:
    assert price_of(name) == PRICES[known]


@pytest.mark.parametrize("name", ["claude-opus-5-6", "claude-haiku-5", "opus", "gpt", "", "<synthetic>"])
def test_an_unknown_model_is_as_dear_as_the_dearest(name: str) -> None:
    assert price_of(name) is DEAREST
    assert all(DEAREST.output >= price.output for price in PRICES.values())
    assert all(DEAREST.input >= price.input for price in PRICES.values())
    assert all(DEAREST.cache_read >= price.cache_read for price in PRICES.values())
