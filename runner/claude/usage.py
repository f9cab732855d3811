"""Tokens and money of one call, as they become known: from messages while it runs, from results when they come."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.allowance.model import Tokens
from runner.claude.fields import Json, count_in, dict_in
from runner.claude.prices import cost_nano_usd, is_priced
from runner.claude.result import ResultLine
from runner.claude.spending import NOTHING, Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usage:
    """The largest numbers seen for one message."""

    model: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    hour_tokens: int = 0

    def with_(self, model: str, usage: Json) -> _Usage:
        """Field by field the larger one: the same message is told many times, and only in part at first."""
        lifetimes = dict_in(usage, "cache_creation")
        old = self.tokens
        return _Usage(
            model=model or self.model,
            tokens=Tokens(
                input=max(old.input, count_in(usage, "input_tokens")),
                cache_creation=max(old.cache_creation, count_in(usage, "cache_creation_input_tokens")),
                cache_read=max(old.cache_read, count_in(usage, "cache_read_input_tokens")),
                output=max(old.output, count_in(usage, "output_tokens")),
            ),
            hour_tokens=max(self.hour_tokens, count_in(lifetimes, "ephemeral_1h_input_tokens")),
        )

    @property
    def spending(self) -> Spending:
        hour = min(self.hour_tokens, self.tokens.cache_creation)
        return Spending(
            tokens=self.tokens, cost_nano_usd=cost_nano_usd(self.model, self.tokens, hour_tokens=hour)
        )


class Account:
    """What this call has spent so far, however it was told.

    A result's `model_usage_since_last_result` is this call's alone; only a version that does not print it makes us
    subtract `before`. That is second best: a conversation ended by SIGTERM keeps what it cost in its running total
    without ever having printed it (one ended by SIGKILL does not), so the next call would be charged for both.
    """

    def __init__(self, before: Spending) -> None:
        self._before = before
        self._base = before
        self._last_total: Spending | None = None
        self._since: Spending | None = NOTHING
        self._carried = NOTHING
        self._unreported = NOTHING
        self._messages: dict[str, _Usage] = {}
        self._open: set[str] = set()
        """Messages that no result has told the cost of."""
        self._seen = NOTHING
        self._settled = NOTHING

    def see(self, message_id: str, model: str, usage: Json) -> None:
        """Usage of one message; repeats and partial numbers are fine."""
        old = self._messages.get(message_id, _Usage())
        new = old.with_(model, usage)
        self._messages[message_id] = new
        if new.tokens != old.tokens:
            self._open.add(message_id)
        self._seen += new.spending - old.spending

    def report(self, result: ResultLine) -> None:
        """A result came: its numbers replace the estimate, unless it knows of nothing (a crash does that)."""
        reported = self._reported
        if result.since is None or self._since is None:
            self._since = None
        else:
            self._since += result.since
        self._last_total = result.total
        if self._reported != reported:
            self._settled = self._seen
            self._unreported = NOTHING
            self._open.clear()

    def reset(self) -> None:
        """The conversation was started over; its running totals begin at zero again."""
        unreported = self._pending
        self._carried = self._by_subtraction + unreported
        self._unreported += unreported
        self._settled = self._seen
        self._base, self._last_total = NOTHING, NOTHING

    @property
    def spent(self) -> Spending:
        """By this call so far: what results told, plus an estimate of the messages since."""
        # By subtraction, what a reset left unreported is carried already.
        unreported = self._unreported if self._since is not None else NOTHING
        return self._reported + unreported + self._pending

    @property
    def estimated(self) -> bool:
        """Part of `spent` is our own estimate."""
        return self._unreported + self._pending != NOTHING

    @property
    def unpriced(self) -> bool:
        """The estimate has tokens of a model whose price is not known: its money is a guess."""
        return any(not is_priced(self._messages[message_id].model) for message_id in self._open)

    def tokens_of(self, message_id: str) -> int:
        """How long the conversation was at this message, answer included; 0 for one that is not known."""
        tokens = self._messages.get(message_id, _Usage()).tokens
        return tokens.counted + tokens.cache_read

    @property
    def total(self) -> Spending:
        """Of the whole conversation, as the last result told; what was known before if none did."""
        untold = self._last_total in (None, NOTHING) and self._base == self._before
        return self._before if untold or self._last_total is None else self._last_total

    @property
    def _reported(self) -> Spending:
        return self._since if self._since is not None else self._by_subtraction

    @property
    def _by_subtraction(self) -> Spending:
        """A total below what was there before is no running total: then it is of this call alone."""
        if self._last_total is None:
            return self._carried
        own = self._last_total.cost_nano_usd < self._base.cost_nano_usd
        return self._carried + (self._last_total if own else self._last_total - self._base)

    @property
    def _pending(self) -> Spending:
        return self._seen - self._settled
