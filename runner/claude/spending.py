"""An amount of tokens and money, to add and subtract."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.allowance.model import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Tokens by class and what they cost."""

    tokens: Tokens = field(default_factory=Tokens)
    cost_nano_usd: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            tokens=self.tokens + other.tokens, cost_nano_usd=self.cost_nano_usd + other.cost_nano_usd
        )

    def __sub__(self, other: Spending) -> Spending:
        """Never below zero in any class."""
        mine, less = self.tokens, other.tokens
        return Spending(
            tokens=Tokens(
                input=max(0, mine.input - less.input),
                cache_creation=max(0, mine.cache_creation - less.cache_creation),
                cache_read=max(0, mine.cache_read - less.cache_read),
                output=max(0, mine.output - less.output),
            ),
            cost_nano_usd=max(0, self.cost_nano_usd - other.cost_nano_usd),
        )


NOTHING = Spending()
