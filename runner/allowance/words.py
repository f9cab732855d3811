"""Amounts as people read them: tokens with thousands marked, nano-USD as dollars."""

from __future__ import annotations

from runner.allowance.model import NANO_PER_USD, Rule

_SHOWN_DIGITS = 4


def dollars(nano: int) -> str:
    """`1500000000` is `$1.50`; four digits after the point at most, rounded up as all money is."""
    step = NANO_PER_USD // 10**_SHOWN_DIGITS
    units = -(-abs(nano) // step)
    whole, part = divmod(units, 10**_SHOWN_DIGITS)
    cents, rest = f"{part:04d}"[:2], f"{part:04d}"[2:].rstrip("0")
    return f"{'-' if nano < 0 else ''}${whole:,}.{cents}{rest}"


def amount(rule: Rule, value: int) -> str:
    """A number in the unit of its rule."""
    return dollars(value) if rule is Rule.DAILY_COST else f"{value:,}"


def counted_noun(count: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
