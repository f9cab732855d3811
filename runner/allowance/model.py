"""Tokens, money, limits, reservations and verdicts; values only. Money is integer nano-USD (1e-9 USD)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

NANO_PER_USD = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of one or more model calls, by class."""

    input: int = 0
    cache_creation: int = 0
    cache_read: int = 0
    """Stored for the record, not counted against a limit."""
    output: int = 0

    @property
    def counted(self) -> int:
        """What a token limit sees: input + cache creation + output."""
        return self.input + self.cache_creation + self.output

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            input=self.input + other.input,
            cache_creation=self.cache_creation + other.cache_creation,
            cache_read=self.cache_read + other.cache_read,
            output=self.output + other.output,
        )

    def less(self, earlier: Tokens) -> Tokens:
        """What was used since `earlier`, class by class; never negative."""
        return Tokens(
            input=max(0, self.input - earlier.input),
            cache_creation=max(0, self.cache_creation - earlier.cache_creation),
            cache_read=max(0, self.cache_read - earlier.cache_read),
            output=max(0, self.output - earlier.output),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an agent may spend. None is unlimited, 0 is none at all. Days are UTC days."""

    models: tuple[str, ...] | None = None
    """The model allow-list; None allows every model."""
    daily_tokens: int | None = None
    daily_jobs: int | None = None
    concurrent_jobs: int | None = None
    daily_cost_nano: int | None = None
    run_tokens: int | None = None
    """Cap of one run; also what a run holds before it starts."""
    run_cost_nano: int | None = None
    job_duration_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process behind a reservation, so that a dead one can be told: pids are used again, start times are not."""

    boot_id: str
    pid: int
    started: int
    """Start time of the process in clock ticks since boot; 0 where the system does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run wants to hold before it starts."""

    id: str
    """The run id; the same id with the same numbers is the same reservation."""
    agent_id: str
    model: str
    tokens: int
    cost_nano: int
    repository: str = ""


class Rule(StrEnum):
    """The limits in the order in which they deny (contractual)."""

    MODELS = "models"
    DAILY_TOKENS = "daily_tokens"
    DAILY_JOBS = "daily_jobs"
    CONCURRENT_JOBS = "concurrent_jobs"
    DAILY_COST = "daily_cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """The first rule that said no, with everything a person needs to act on it."""

    rule: Rule
    used: int
    held: int
    limit: int
    """In the rule's unit: tokens, jobs or nano-USD; 0 for the model allow-list."""
    retry_at: datetime | None
    """When the ask could succeed; None when only a changed limit or ask can help."""
    reason: str
    """One line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What is left of one limit; derived, never stored."""

    rule: Rule
    used: int
    held: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """None is unlimited; negative is debt."""
        return None if self.limit is None else self.limit - self.used - self.held

    @property
    def warning(self) -> bool:
        """At least 80 % of the limit is used or held."""
        return self.limit is not None and (self.used + self.held) * 5 >= self.limit * 4


class HoldState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one run holds (while open) or has spent (when settled)."""

    id: str
    agent_id: str
    model: str
    day: int
    """UTC day number on which it was admitted."""
    tokens: int
    cost_nano: int
    state: HoldState
    holder: Holder
    repository: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to an ask: granted, or the first denial; and what is near its end either way."""

    granted: bool
    denial: Denial | None
    quotas: tuple[Quota, ...] = ()

    @property
    def warnings(self) -> tuple[Quota, ...]:
        return tuple(quota for quota in self.quotas if quota.warning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has really used: of this run alone, all its calls together."""

    tokens: Tokens = field(default_factory=Tokens)
    cost_nano: int = 0

    def less(self, earlier: Spent) -> Spent:
        """What was spent since `earlier`; never negative."""
        return Spent(
            tokens=self.tokens.less(earlier.tokens), cost_nano=max(0, self.cost_nano - earlier.cost_nano)
        )
