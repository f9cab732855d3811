"""The `Ledger` over the file store: what each call reads, decides and appends."""

from __future__ import annotations

import os
from collections.abc import Callable

from runner.allowance import rules
from runner.allowance.files import asks, records
from runner.allowance.files.entry import Entry, Numbers, counted, most, numbers_of
from runner.allowance.files.reading import read_only_state
from runner.allowance.files.records import Record
from runner.allowance.files.state import State
from runner.allowance.files.store import Change, Store
from runner.allowance.holder import is_alive
from runner.allowance.model import Ask, Holder, Limits, Quota, Reservation, Spent, Verdict
from runner.allowance.rules import Usage, utc_day
from runner.errors import Conflict

SILENT_S = 86_400
"""A holder that cannot be seen from here (another container) counts as gone after so long without a sign."""


class FileLedger:
    """Reservations in a folder on a local disk, shared by every process of this machine.

    `limits` gives the limits of an agent, `now` unix seconds; `is_alive` may answer None for "cannot tell".
    A call waits up to `timeout_s` seconds for its turn, then raises `Busy`. `check`, `quotas` and
    `open_holds` wait for nobody and write nothing.

    Every call may raise `StoreFailed`: the folder cannot be used, or is damaged; then nothing was granted.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        limits: Callable[[str], Limits],
        now: Callable[[], float],
        is_alive: Callable[[Holder], bool | None] = is_alive,
        *,
        timeout_s: float = 10.0,
    ) -> None:
        self._store = Store(os.fspath(folder), timeout_s=timeout_s)
        self._limits = limits
        self._now = now
        self._is_alive = is_alive

    def check(self, ask: Ask) -> Verdict:
        asks.check_ask(ask)
        return self._answer(_Rehearsal(self._read()), ask, self._limits(ask.agent_id), int(self._now()))

    def reserve(self, ask: Ask, holder: Holder) -> Verdict:
        asks.check_ask(ask)
        asks.check_holder(holder)
        limits, at = self._limits(ask.agent_id), int(self._now())
        with self._store.change() as book:
            answer = self._answer(book, ask, limits, at)
            if answer.granted and ask.id not in book.state.open:
                book.append(records.reserve(at, utc_day(at), ask, holder))
        return answer

    def resize(self, reservation_id: str, *, tokens: int, cost_nano: int) -> Verdict:
        """Raises: UsageProblem: no open hold has this id, or a negative number."""
        asks.check_numbers(tokens, cost_nano)
        at = int(self._now())
        with self._store.change() as book:
            entry = _open_entry(book.state, reservation_id)
            return self._resize(book, entry, tokens, cost_nano, at)

    def seen(self, reservation_id: str, spent: Spent) -> None:
        asks.check_spent(spent)
        at = int(self._now())
        with self._store.change() as book:
            entry = book.state.open.get(reservation_id)
            if entry is not None:
                total = most(entry.seen, numbers_of(spent))
                if total != entry.seen:
                    book.append(records.seen(at, reservation_id, total))

    def settle(self, reservation_id: str, spent: Spent, *, failed: bool) -> Reservation:
        """Raises: UsageProblem: no reservation has this id, or a negative number.

        A hold that was reaped is settled too: what the run spent beyond the booked is added.
        """
        asks.check_spent(spent)
        at = int(self._now())
        tokens, cost = rules.charge(spent, failed=failed)
        with self._store.change() as book:
            entry = _entry(book.state, reservation_id)
            if entry.is_open():
                _close(book, entry, at, tokens, cost, numbers_of(spent), reaped=False)
            elif entry.reaped:
                _add_late(book, entry, at, tokens, cost, numbers_of(spent))
            return entry.reservation()

    def release(self, reservation_id: str) -> Reservation:
        """Raises: UsageProblem: no reservation has this id.

        A run that was seen to spend is settled at that instead: it did start.
        """
        at = int(self._now())
        with self._store.change() as book:
            entry = _entry(book.state, reservation_id)
            if entry.is_open() and any(entry.seen):
                _close(book, entry, at, *_known(entry), entry.seen, reaped=False)
            elif entry.is_open():
                book.append(records.release(at, reservation_id))
                book.gives_back = True
            return entry.reservation()

    def adopt(self, reservation_id: str, holder: Holder) -> Reservation | None:
        """Raises: Conflict: another process that still lives holds it."""
        asks.check_holder(holder)
        at = int(self._now())
        with self._store.change() as book:
            entry = book.state.open.get(reservation_id)
            if entry is None:
                return None
            if entry.holder != holder:
                if self._is_alive(entry.holder):
                    raise Conflict(f"run {reservation_id} is still held by process {entry.pid}")
                book.append(records.adopt(at, reservation_id, holder))
            return entry.reservation()

    def reap(self) -> tuple[Reservation, ...]:
        at = int(self._now())
        with self._store.change() as book:
            return self._reap(book, at)

    def quotas(self, agent_id: str) -> tuple[Quota, ...]:
        usage = self._read().usage(agent_id, utc_day(self._now()))
        return rules.quotas(self._limits(agent_id), usage)

    def open_holds(self, agent_id: str | None = None) -> tuple[Reservation, ...]:
        holds = self._read().open.values()
        return tuple(entry.reservation() for entry in holds if agent_id in (None, entry.agent))

    def close(self) -> None:
        """Close the files that are kept open between calls; a later call opens them again."""
        self._store.close()

    def _read(self) -> State:
        return read_only_state(self._store.folder)

    def _answer(self, book: Change | _Rehearsal, ask: Ask, limits: Limits, at: int) -> Verdict:
        known = book.state.find(ask.id)
        if known is not None:
            asks.must_match(known, ask)
            usage = book.state.usage(ask.agent_id, utc_day(at))
            return Verdict(granted=True, denial=None, quotas=rules.quotas(limits, usage))
        asks.check_clock(book.state.last_at, at)
        return self._decide(
            book,
            ask.agent_id,
            at,
            lambda usage: rules.verdict(ask, limits=limits, usage=usage, day=utc_day(at)),
        )

    def _resize(self, book: Change, entry: Entry, tokens: int, cost: int, at: int) -> Verdict:
        limits = self._limits(entry.agent)
        more_tokens, more_cost = tokens - entry.tokens, cost - entry.cost
        if more_tokens > 0 or more_cost > 0:
            asks.check_clock(book.state.last_at, at)
        answer = self._decide(
            book,
            entry.agent,
            at,
            lambda usage: rules.growth_verdict(
                entry.agent,
                tokens=more_tokens,
                cost_nano=more_cost,
                limits=limits,
                usage=usage,
                day=utc_day(at),
            ),
            spare=entry,
        )
        if answer.granted and (more_tokens or more_cost):
            book.append(records.resize(at, entry.id, tokens, cost))
            book.gives_back |= more_tokens < 0 or more_cost < 0
        return answer

    def _decide(
        self,
        book: Change | _Rehearsal,
        agent_id: str,
        at: int,
        rule: Callable[[Usage], Verdict],
        spare: Entry | None = None,
    ) -> Verdict:
        """Ask the rule; when holds are in its way, settle those of dead holders and ask once more."""
        answer = rule(book.state.usage(agent_id, utc_day(at)))
        in_the_way = answer.denial is not None and answer.denial.held > 0
        if in_the_way and self._reap(book, at, agent_id, spare=spare):
            answer = rule(book.state.usage(agent_id, utc_day(at)))
        return answer

    def _reap(
        self, book: Change | _Rehearsal, at: int, agent_id: str | None = None, *, spare: Entry | None = None
    ) -> tuple[Reservation, ...]:
        dead = [
            entry
            for entry in book.state.open.values()
            if agent_id in (None, entry.agent) and entry is not spare and self._is_gone(entry, at)
        ]
        for entry in dead:
            _close(book, entry, at, *_known(entry), entry.seen, reaped=True)
        return tuple(entry.reservation() for entry in dead)

    def _is_gone(self, entry: Entry, at: int) -> bool:
        alive = self._is_alive(entry.holder)
        return at - entry.at > SILENT_S if alive is None else not alive


class _Rehearsal:
    """A change that stays in memory: what `check` plays through."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.gives_back = False

    def append(self, record: Record) -> None:
        self.state.apply(record)


def _entry(state: State, reservation_id: str) -> Entry:
    entry = state.find(reservation_id)
    if entry is None:
        raise asks.unknown(reservation_id)
    return entry


def _open_entry(state: State, reservation_id: str) -> Entry:
    entry = state.open.get(reservation_id)
    if entry is None:
        raise asks.unknown(reservation_id)
    return entry


def _known(entry: Entry) -> tuple[int, int]:
    return rules.known_usage(
        seen_tokens=counted(entry.seen),
        seen_cost_nano=entry.seen[4],
        held_tokens=entry.tokens,
        held_cost_nano=entry.cost,
    )


def _close(
    book: Change | _Rehearsal, entry: Entry, at: int, tokens: int, cost: int, spent: Numbers, *, reaped: bool
) -> None:
    day = max(utc_day(at), entry.day)
    record = records.settle(at, entry, booked_day=day, tokens=tokens, cost=cost, spent=spent, reaped=reaped)
    book.append(record)
    book.gives_back = True


def _add_late(book: Change, entry: Entry, at: int, tokens: int, cost: int, spent: Numbers) -> None:
    more_tokens, more_cost = max(0, tokens - entry.tokens), max(0, cost - entry.cost)
    day = max(utc_day(at), entry.day)
    book.append(
        records.late(
            at, entry.id, booked_day=day, tokens=more_tokens, cost=more_cost, spent=most(entry.seen, spent)
        )
    )
