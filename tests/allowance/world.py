"""A ledger with a clock, limits and processes that a test sets as it likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from runner.allowance.model import Ask, Holder, Limits, Quota, Rule, Spent, Tokens, Verdict
from runner.allowance.protocol import Ledger

DAY_S = 86_400
NOON = 20_000 * DAY_S + DAY_S // 2
"""Noon of UTC day 20,000: no test stumbles over midnight by accident."""


def process(pid: int) -> Holder:
    return Holder(boot_id="boot", pid=pid, started=pid * 100)


ME = process(1)


@dataclass(slots=True, kw_only=True)
class World:
    """Everything around a ledger; `limits` are for every agent that `own_limits` does not name."""

    limits: Limits = field(default_factory=Limits)
    own_limits: dict[str, Limits] = field(default_factory=dict)
    now: float = NOON
    dead: set[Holder] = field(default_factory=set)
    unseen: set[Holder] = field(default_factory=set)
    """Processes of which nobody can tell whether they live."""

    def limits_of(self, agent_id: str) -> Limits:
        return self.own_limits.get(agent_id, self.limits)

    def clock(self) -> float:
        return self.now

    def is_alive(self, holder: Holder) -> bool | None:
        return None if holder in self.unseen else holder not in self.dead


MakeLedger = Callable[[World], Ledger]


def ask(
    run_id: str = "r-1",
    *,
    agent: str = "me",
    model: str = "sonnet",
    tokens: int = 100,
    cost: int = 10,
    repository: str = "",
) -> Ask:
    return Ask(id=run_id, agent_id=agent, model=model, tokens=tokens, cost_nano=cost, repository=repository)


def spent(tokens: int = 0, cost: int = 0, *, cache_read: int = 0) -> Spent:
    """So many counted tokens, spread over the classes that count."""
    created = tokens // 3
    written = Tokens(
        input=tokens - 2 * created, cache_creation=created, cache_read=cache_read, output=created
    )
    return Spent(tokens=written, cost_nano=cost)


def spend(ledger: Ledger, tokens: int, *, cost: int = 0, run_id: str = "past", agent: str = "me") -> None:
    """A run from start to end that costs so much; the limits do not matter to it."""
    assert ledger.reserve(ask(run_id, agent=agent, tokens=0, cost=0), ME).granted
    ledger.settle(run_id, spent(tokens, cost), failed=False)


def quota(ledger: Ledger, rule: Rule, agent: str = "me") -> Quota:
    return next(one for one in ledger.quotas(agent) if one.rule is rule)


def used_held(ledger: Ledger, rule: Rule, agent: str = "me") -> tuple[int, int]:
    found = quota(ledger, rule, agent)
    return found.used, found.held


def denied_by(answer: Verdict) -> Rule | None:
    assert answer.granted is (answer.denial is None)
    return None if answer.denial is None else answer.denial.rule


def tomorrow(world: World) -> None:
    world.now += DAY_S


def with_limits(world: World, **changes: object) -> None:
    world.limits = replace(world.limits, **changes)  # type: ignore[arg-type]  # named by the test


class LedgerContract:
    """Needs the fixtures `world` and `ledger`."""

    @pytest.fixture
    def world(self) -> World:
        return World(
            limits=Limits(daily_tokens=1_000, daily_jobs=10, concurrent_jobs=3, daily_cost_nano=1_000)
        )
