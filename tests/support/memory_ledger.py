"""A ledger in plain dictionaries: what the others must agree with, and the fake for tests of what uses one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from runner.allowance.model import (
    Ask,
    Holder,
    HoldState,
    Limits,
    Quota,
    Reservation,
    Spent,
    Tokens,
    Verdict,
)
from runner.allowance.rules import Usage, charge, growth_verdict, known_usage, quotas, utc_day, verdict
from runner.errors import Conflict, StoreFailed, UsageProblem


@dataclass(slots=True, kw_only=True)
class _Held:
    ask: Ask
    reservation: Reservation
    seen: Spent
    reaped: bool = False
    said_at: int = 0


class MemoryLedger:
    """Keeps everything that it was told, in this process only."""

    def __init__(
        self,
        limits: Callable[[str], Limits],
        now: Callable[[], float],
        is_alive: Callable[[Holder], bool | None] = lambda _: True,
    ) -> None:
        self._limits, self._now, self._is_alive = limits, now, is_alive
        self._all: dict[str, _Held] = {}
        self._tokens: dict[tuple[str, int], int] = defaultdict(int)
        self._cost: dict[tuple[str, int], int] = defaultdict(int)
        self._jobs: dict[tuple[str, int], int] = defaultdict(int)
        self._last_at = 0

    def check(self, ask: Ask) -> Verdict:
        rehearsal = MemoryLedger(self._limits, self._now, self._is_alive)
        rehearsal._all = {key: replace(held, reservation=held.reservation) for key, held in self._all.items()}
        rehearsal._tokens, rehearsal._cost = self._tokens.copy(), self._cost.copy()
        rehearsal._jobs, rehearsal._last_at = self._jobs.copy(), self._last_at
        return rehearsal._answer(ask)

    def reserve(self, ask: Ask, holder: Holder) -> Verdict:
        answer = self._answer(ask)
        if answer.granted and ask.id not in self._all:
            at = self._stamp()
            reservation = Reservation(
                id=ask.id,
                agent_id=ask.agent_id,
                model=ask.model,
                day=utc_day(at),
                tokens=ask.tokens,
                cost_nano=ask.cost_nano,
                state=HoldState.OPEN,
                holder=holder,
                repository=ask.repository,
            )
            self._all[ask.id] = _Held(ask=ask, reservation=reservation, seen=Spent(), said_at=at)
        return answer

    def resize(self, reservation_id: str, *, tokens: int, cost_nano: int) -> Verdict:
        _refuse_negative(tokens, cost_nano)
        held = self._all.get(reservation_id)
        if held is None or held.reservation.state is not HoldState.OPEN:
            raise UsageProblem(f"there is no open reservation {reservation_id}")
        now = held.reservation
        more_tokens, more_cost = tokens - now.tokens, cost_nano - now.cost_nano
        if more_tokens > 0 or more_cost > 0:
            self._check_clock()
        answer = self._decide(
            now.agent_id,
            lambda usage: growth_verdict(
                now.agent_id,
                tokens=more_tokens,
                cost_nano=more_cost,
                limits=self._limits(now.agent_id),
                usage=usage,
                day=self._day(),
            ),
            spare=reservation_id,
        )
        if answer.granted and (more_tokens or more_cost):
            self._hold(held, tokens, cost_nano)
        return answer

    def seen(self, reservation_id: str, spent: Spent) -> None:
        _refuse_negative(*_numbers(spent))
        held = self._all.get(reservation_id)
        if held is not None and held.reservation.state is HoldState.OPEN:
            most = _most(held.seen, spent)
            if most != held.seen:
                held.seen = most
                self._hold(held, held.reservation.tokens, held.reservation.cost_nano)

    def settle(self, reservation_id: str, spent: Spent, *, failed: bool) -> Reservation:
        _refuse_negative(*_numbers(spent))
        held = self._known(reservation_id)
        tokens, cost = charge(spent, failed=failed)
        if held.reservation.state is HoldState.OPEN:
            self._book(held, tokens, cost)
        elif held.reaped:
            self._book_late(held, tokens, cost)
        return held.reservation

    def release(self, reservation_id: str) -> Reservation:
        held = self._known(reservation_id)
        if held.reservation.state is HoldState.OPEN:
            if held.seen == Spent():
                self._stamp()
                held.reservation = replace(held.reservation, tokens=0, cost_nano=0, state=HoldState.RELEASED)
            else:
                self._book(held, *self._seen_or_held(held))
        return held.reservation

    def adopt(self, reservation_id: str, holder: Holder) -> Reservation | None:
        held = self._all.get(reservation_id)
        if held is None or held.reservation.state is not HoldState.OPEN:
            return None
        if held.reservation.holder != holder:
            if self._is_alive(held.reservation.holder):
                raise Conflict(f"{reservation_id} is held by a living process")
            held.said_at = self._stamp()
            held.reservation = replace(held.reservation, holder=holder)
        return held.reservation

    def reap(self) -> tuple[Reservation, ...]:
        return self._reap(None)

    def quotas(self, agent_id: str) -> tuple[Quota, ...]:
        return quotas(self._limits(agent_id), self._usage(agent_id))

    def open_holds(self, agent_id: str | None = None) -> tuple[Reservation, ...]:
        return tuple(
            held.reservation
            for held in self._all.values()
            if held.reservation.state is HoldState.OPEN and agent_id in (None, held.reservation.agent_id)
        )

    def _answer(self, ask: Ask) -> Verdict:
        _refuse_negative(ask.tokens, ask.cost_nano)
        if not ask.id or not ask.agent_id:
            raise UsageProblem("a reservation needs an id and an agent")
        limits, known = self._limits(ask.agent_id), self._all.get(ask.id)
        if known is not None:
            if known.ask != ask or known.reservation.state is not HoldState.OPEN:
                raise UsageProblem(f"reservation {ask.id} exists with other numbers, or is closed")
            return Verdict(granted=True, denial=None, quotas=quotas(limits, self._usage(ask.agent_id)))
        self._check_clock()
        return self._decide(
            ask.agent_id,
            lambda usage: verdict(ask, limits=limits, usage=usage, day=self._day()),
        )

    def _decide(
        self, agent_id: str, rule: Callable[[Usage], Verdict], *, spare: str | None = None
    ) -> Verdict:
        answer = rule(self._usage(agent_id))
        if answer.denial is not None and answer.denial.held and self._reap(agent_id, spare=spare):
            answer = rule(self._usage(agent_id))
        return answer

    def _usage(self, agent_id: str) -> Usage:
        holds, day = self.open_holds(agent_id), self._day()
        return Usage(
            tokens=self._tokens[agent_id, day],
            cost_nano=self._cost[agent_id, day],
            jobs=self._jobs[agent_id, day],
            held_tokens=sum(hold.tokens for hold in holds),
            held_cost_nano=sum(hold.cost_nano for hold in holds),
            held_jobs=sum(hold.day >= day for hold in holds),
            running=len(holds),
        )

    def _reap(self, agent_id: str | None, *, spare: str | None = None) -> tuple[Reservation, ...]:
        dead = [
            self._all[hold.id]
            for hold in self.open_holds(agent_id)
            if hold.id != spare and self._is_gone(self._all[hold.id])
        ]
        for held in dead:
            self._book(held, *self._seen_or_held(held))
            held.reaped = True
        return tuple(held.reservation for held in dead)

    def _is_gone(self, held: _Held) -> bool:
        alive = self._is_alive(held.reservation.holder)
        return int(self._now()) - held.said_at > 86_400 if alive is None else not alive

    def _hold(self, held: _Held, tokens: int, cost: int) -> None:
        held.said_at = self._stamp()
        held.reservation = replace(
            held.reservation,
            tokens=max(tokens, held.seen.tokens.counted),
            cost_nano=max(cost, held.seen.cost_nano),
        )

    def _book(self, held: _Held, tokens: int, cost: int) -> None:
        agent, admitted = held.reservation.agent_id, held.reservation.day
        day = max(utc_day(self._stamp()), admitted)
        self._tokens[agent, day] += tokens
        self._cost[agent, day] += cost
        self._jobs[agent, admitted] += 1
        held.reservation = replace(held.reservation, tokens=tokens, cost_nano=cost, state=HoldState.SETTLED)

    def _book_late(self, held: _Held, tokens: int, cost: int) -> None:
        booked, agent = held.reservation, held.reservation.agent_id
        day = max(utc_day(self._stamp()), booked.day)
        self._tokens[agent, day] += max(0, tokens - booked.tokens)
        self._cost[agent, day] += max(0, cost - booked.cost_nano)
        held.reaped = False
        held.reservation = replace(
            booked, tokens=max(tokens, booked.tokens), cost_nano=max(cost, booked.cost_nano)
        )

    def _seen_or_held(self, held: _Held) -> tuple[int, int]:
        return known_usage(
            seen_tokens=held.seen.tokens.counted,
            seen_cost_nano=held.seen.cost_nano,
            held_tokens=held.reservation.tokens,
            held_cost_nano=held.reservation.cost_nano,
        )

    def _known(self, reservation_id: str) -> _Held:
        if reservation_id not in self._all:
            raise UsageProblem(f"there is no reservation {reservation_id}")
        return self._all[reservation_id]

    def _check_clock(self) -> None:
        if self._last_at - int(self._now()) > 86_400:
            raise StoreFailed("the clock is behind the last record")

    def _stamp(self) -> int:
        at = int(self._now())
        self._last_at = max(self._last_at, at)
        return at

    def _day(self) -> int:
        return utc_day(self._now())


def _numbers(spent: Spent) -> tuple[int, ...]:
    tokens = spent.tokens
    return tokens.input, tokens.cache_creation, tokens.cache_read, tokens.output, spent.cost_nano


def _most(one: Spent, other: Spent) -> Spent:
    read, written, again, output, cost = (
        max(pair) for pair in zip(_numbers(one), _numbers(other), strict=True)
    )
    tokens = Tokens(input=read, cache_creation=written, cache_read=again, output=output)
    return Spent(tokens=tokens, cost_nano=cost)


def _refuse_negative(*numbers: int) -> None:
    if any(number < 0 for number in numbers):
        raise UsageProblem(f"an amount must be 0 or more: {min(numbers)}")
