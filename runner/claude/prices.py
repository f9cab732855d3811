"""What a token costs, for estimates while Claude works and for runs that were killed before they could tell.

Derived on 2026-11-22 from the costs that claude 2.1.330 and 2.1.197 printed for known token counts. Claude's own
number always goes before these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.allowance.model import Tokens

VERSION = "2026-11-22"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Nano-USD per token (1000 is one US dollar per million)."""

    input: int
    output: int
    cache_read: int
    long_above: int | None = None
    """A prompt of more tokens than this costs `long_factor` times as much; None has no such step."""
    long_factor: int = 1

    @property
    def cache_write(self) -> int:
        """Kept for five minutes: a quarter more than input, with every model measured."""
        return -(-self.input * 5 // 4)

    @property
    def cache_write_hour(self) -> int:
        """Kept for an hour: twice the input."""
        return self.input * 2


_OPUS_4 = Price(input=5000, output=25000, cache_read=500)
_SONNET_4 = Price(input=3000, output=15000, cache_read=300)
_FABLE_5 = Price(input=10000, output=50000, cache_read=1000)
_FABLE_51 = Price(input=10000, output=50000, cache_read=250)
_FABLE_52 = Price(input=8000, output=40000, cache_read=200)

PRICES = {
    "claude-fable-5-2": _FABLE_52,
    "claude-fable-5-1": _FABLE_51,
    "claude-fable-5": _FABLE_5,
    "claude-mythos-5-2": _FABLE_52,
    "claude-mythos-5-1": _FABLE_51,
    "claude-mythos-5": _FABLE_5,
    "claude-opus-5-5": Price(input=4000, output=20000, cache_read=200),
    "claude-opus-5": _OPUS_4,
    "claude-opus-4-8": _OPUS_4,
    "claude-opus-4-7": _OPUS_4,
    "claude-opus-4-6": _OPUS_4,
    "claude-opus-4-5": _OPUS_4,
    "claude-sonnet-5-5": Price(input=2000, output=10000, cache_read=100),
    "claude-sonnet-5": Price(input=2000, output=10000, cache_read=200),
    "claude-sonnet-4-6": _SONNET_4,
    "claude-sonnet-4-5": _SONNET_4,
    "claude-sonnet-4-0": _SONNET_4,
    "claude-sonnet-4": _SONNET_4,
    "claude-3-7-sonnet": _SONNET_4,
    "claude-haiku-5-5": Price(input=100, output=500, cache_read=10, long_above=100_000, long_factor=5),
    "claude-haiku-4-5": Price(input=1000, output=5000, cache_read=100),
    "claude-3-5-haiku": Price(input=800, output=4000, cache_read=80),
}

DEAREST = max(PRICES.values(), key=lambda price: (price.output, price.input, price.cache_read))

_ENDINGS = re.compile(r"(-\d{8}.*|-v\d.*|[@:\[].*)?$")
"""What may follow a model's name: a date, a platform's version, `[1m]`; `-6` would be another model."""


def price_of(model: str) -> Price:
    """The price of `model`, also under a cloud platform's name for it; an unknown one is the dearest we know."""
    return _known(model) or DEAREST


def is_priced(model: str) -> bool:
    """Whether its price is known; else every cost is a guess."""
    return _known(model) is not None


def _known(model: str) -> Price | None:
    start = model.find("claude-")
    name = model[start:] if start >= 0 else model
    for known, price in PRICES.items():
        if name.startswith(known) and _ENDINGS.fullmatch(name[len(known) :]):
            return price
    return None


def cost_nano_usd(model: str, tokens: Tokens, *, hour_tokens: int = 0) -> int:
    """What one request costs; `hour_tokens` of its cache creation are kept for an hour.

    For the sum of several requests this is a lower bound where `model` has a step for long prompts.
    """
    price = price_of(model)
    cost = (
        tokens.input * price.input
        + (tokens.cache_creation - hour_tokens) * price.cache_write
        + hour_tokens * price.cache_write_hour
        + tokens.cache_read * price.cache_read
        + tokens.output * price.output
    )
    prompt = tokens.input + tokens.cache_creation + tokens.cache_read
    is_long = price.long_above is not None and prompt > price.long_above
    return cost * price.long_factor if is_long else cost
