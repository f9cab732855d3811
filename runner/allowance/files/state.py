"""What the records add up to: open holds, closed reservations, and counters per UTC day, agent and model."""

from __future__ import annotations

from runner.allowance.files import records
from runner.allowance.files.entry import FIELD_COUNT, RELEASED, SETTLED, Entry, Numbers, most
from runner.allowance.files.lines import Damaged, escaped, fields_of
from runner.allowance.files.records import Record
from runner.allowance.rules import Usage, utc_day

Counters = dict[tuple[str, str], list[int]]
"""(agent, model) -> [tokens, nano-USD, jobs], of one day."""
COUNTER_WIDTH = 5


class State:
    """The whole store in memory. Days and closed reservations of a snapshot stay packed until asked for.

    `open` is oldest first; `last_at` is the second of the newest record.
    """

    __slots__ = (
        "closed",
        "closed_on",
        "days",
        "epoch",
        "generation",
        "last_at",
        "open",
        "packed_closed",
        "packed_days",
    )

    def __init__(self, *, generation: int = 0, epoch: str = "", last_at: int = 0) -> None:
        self.generation, self.epoch, self.last_at = generation, epoch, last_at
        self.open: dict[str, Entry] = {}
        self.closed: dict[str, Entry] = {}
        self.closed_on: dict[int, list[Entry]] = {}
        self.packed_closed: dict[int, bytes] = {}
        self.days: dict[int, Counters] = {}
        self.packed_days: dict[int, bytes] = {}

    def apply(self, record: Record) -> None:
        """Add one record.

        Raises:
            Damaged: it does not fit what came before, or a newer program wrote it.
        """
        try:
            at = int(record[1])
            _ADD[record[0]](self, at, record[2:])
        except (ValueError, KeyError, IndexError) as error:
            raise Damaged(f"the record {record[:3]} does not fit what came before") from error
        self.last_at = max(self.last_at, at)

    def find(self, entry_id: str) -> Entry | None:
        """A reservation, open or closed."""
        entry = self.open.get(entry_id) or self.closed.get(entry_id)
        if entry is None and self._unpack_closed(entry_id):
            entry = self.closed.get(entry_id)
        return entry

    def counters(self, day: int) -> Counters:
        """What was booked on a day; the caller may add to it."""
        if day not in self.days:
            self.days[day] = _counters(self.packed_days.pop(day, b""))
        return self.days[day]

    def usage(self, agent_id: str, day: int) -> Usage:
        """What counts against one agent on a day: its counters, and all its open holds."""
        tokens = cost = jobs = held_tokens = held_cost = held_jobs = running = 0
        for (agent, _), numbers in self.counters(day).items():
            if agent == agent_id:
                tokens, cost, jobs = tokens + numbers[0], cost + numbers[1], jobs + numbers[2]
        for entry in self.open.values():
            if entry.agent == agent_id:
                held_tokens, held_cost, running = (
                    held_tokens + entry.tokens,
                    held_cost + entry.cost,
                    running + 1,
                )
                # After the clock went back, a job of "tomorrow" still counts today.
                held_jobs += entry.day >= day
        return Usage(
            tokens=tokens,
            held_tokens=held_tokens,
            jobs=jobs,
            held_jobs=held_jobs,
            running=running,
            cost_nano=cost,
            held_cost_nano=held_cost,
        )

    def close(self, entry: Entry, state: str, at: int) -> None:
        entry.state, entry.at = state, at
        self.open.pop(entry.id, None)
        self.closed[entry.id] = entry
        self.closed_on.setdefault(utc_day(at), []).append(entry)

    def book(self, day: int, entry: Entry, *, tokens: int, cost: int, jobs: int) -> None:
        numbers = self.counters(day).setdefault((entry.agent, entry.model), [0, 0, 0])
        numbers[0] += tokens
        numbers[1] += cost
        numbers[2] += jobs

    def _unpack_closed(self, entry_id: str) -> bool:
        needle = b"\t" + escaped(entry_id) + b"\t"
        days = [day for day, payload in self.packed_closed.items() if needle in payload]
        for day in days:
            entries = _entries(self.packed_closed.pop(day))
            self.closed.update({entry.id: entry for entry in entries})
            self.closed_on[day] = entries + self.closed_on.get(day, [])
        return bool(days)


def _counters(payload: bytes) -> Counters:
    fields = fields_of(payload)[2:]
    found: Counters = {}
    for start in range(0, len(fields), COUNTER_WIDTH):
        agent, model, *numbers = fields[start : start + COUNTER_WIDTH]
        found[agent, model] = [int(number) for number in numbers]
    return found


def _entries(payload: bytes) -> list[Entry]:
    fields = fields_of(payload)[2:]
    return [Entry(fields[start : start + FIELD_COUNT]) for start in range(0, len(fields), FIELD_COUNT)]


def _reserve(state: State, _at: int, fields: list[str]) -> None:
    entry = Entry(fields)
    # Not `find`: unpacking old days for each line would make reading slow, and the writer has looked there.
    if entry.id in state.open or entry.id in state.closed:
        raise ValueError(entry.id)
    state.open[entry.id] = entry


def _resize(state: State, at: int, fields: list[str]) -> None:
    entry_id, tokens, cost = fields
    entry = state.open[entry_id]
    entry.hold(int(tokens), int(cost))
    entry.at = at


def _see(state: State, at: int, fields: list[str]) -> None:
    entry = state.open[fields[0]]
    entry.seen = most(entry.seen, _numbers(fields[1:]))
    entry.hold(entry.tokens, entry.cost)
    entry.at = at


def _settle(state: State, at: int, fields: list[str]) -> None:
    entry_id = fields[0]
    _, booked_day, tokens, cost, reaped, *spent = [int(field) for field in fields[4:]]
    entry = state.open[entry_id]
    entry.tokens, entry.cost, entry.reaped, entry.seen = tokens, cost, reaped, _five(spent)
    state.book(entry.day, entry, tokens=0, cost=0, jobs=1)
    state.book(booked_day, entry, tokens=tokens, cost=cost, jobs=0)
    state.close(entry, SETTLED, at)


def _release(state: State, at: int, fields: list[str]) -> None:
    (entry_id,) = fields
    entry = state.open[entry_id]
    entry.tokens = entry.cost = 0
    state.close(entry, RELEASED, at)


def _adopt(state: State, at: int, fields: list[str]) -> None:
    entry_id, boot, pid, started = fields
    entry = state.open[entry_id]
    entry.boot, entry.pid, entry.started, entry.at = boot, int(pid), int(started), at


def _late(state: State, _at: int, fields: list[str]) -> None:
    entry = state.find(fields[0])
    if entry is None:
        raise KeyError(fields[0])
    booked_day, tokens, cost, *spent = [int(field) for field in fields[1:]]
    entry.tokens, entry.cost, entry.reaped = entry.tokens + tokens, entry.cost + cost, 0
    entry.seen = _five(spent)
    state.book(booked_day, entry, tokens=tokens, cost=cost, jobs=0)


def _numbers(fields: list[str]) -> Numbers:
    return _five([int(field) for field in fields])


def _five(numbers: list[int]) -> Numbers:
    read, written, again, output, cost = numbers
    return read, written, again, output, cost


_ADD = {
    records.RESERVE: _reserve,
    records.RESIZE: _resize,
    records.SEEN: _see,
    records.SETTLE: _settle,
    records.RELEASE: _release,
    records.ADOPT: _adopt,
    records.LATE: _late,
}
