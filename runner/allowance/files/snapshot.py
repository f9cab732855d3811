"""The state as a file and back: a head, one line per open hold, one per day of counters and of closings."""

from __future__ import annotations

from collections.abc import Iterator

from runner.allowance.files.entry import Entry
from runner.allowance.files.lines import Damaged, decode, encode, fields_of, joined, payload_of, seal
from runner.allowance.files.state import Counters, State

FORMAT = "1"
KEPT_DAYS = 35
_HEAD, _OPEN, _DAY, _CLOSED = "H", "O", "D", "C"


def dump(state: State) -> bytes:
    """The whole file. Only the newest `KEPT_DAYS` days that have records are kept.

    Days with records, not days of the calendar: a clock that jumped years ahead for a moment costs one day of
    history, not all of it.
    """
    body = list(_body(state))
    head = encode([_HEAD, FORMAT, str(state.generation), state.epoch, str(state.last_at), str(len(body))])
    return head + b"".join(body)


def load(data: bytes) -> State:
    """Read the whole file.

    Raises:
        Damaged: a byte is not as it was written, or a newer program wrote it.
    """
    lines = data.split(b"\n")
    if lines.pop():
        raise Damaged("the snapshot does not end with a whole line")
    if not lines:
        raise Damaged("the snapshot is missing or empty")
    try:
        state, count = _head(decode(lines[0]))
        if count != len(lines) - 1:
            raise Damaged(f"the snapshot has {len(lines) - 1} lines instead of {count}")
        for line in lines[1:]:
            add_line(state, payload_of(line))
    except ValueError as error:
        raise Damaged("the snapshot holds a field that is none") from error
    return state


def head_state(line: bytes) -> State:
    """An empty state of the generation that the first line names. Raises: Damaged, ValueError."""
    return _head(decode(line))[0]


def add_line(state: State, payload: bytes) -> None:
    """Add one line behind the head to the state. Raises: Damaged, ValueError."""
    kind = payload[:1].decode("ascii", "replace")
    if kind == _OPEN:
        entry = Entry(fields_of(payload)[1:])
        state.open[entry.id] = entry
    elif kind in (_DAY, _CLOSED):
        packed = state.packed_days if kind == _DAY else state.packed_closed
        packed[int(payload.split(b"\t", 2)[1])] = payload
    else:
        raise Damaged(f"the snapshot holds a line of unknown kind {kind!r}")


def _head(fields: list[str]) -> tuple[State, int]:
    if len(fields) != 6 or fields[0] != _HEAD:
        raise Damaged("the snapshot has no head")
    if fields[1] != FORMAT:
        raise Damaged(f"the snapshot has format {fields[1]}, this program reads format {FORMAT}")
    state = State(generation=int(fields[2]), epoch=fields[3], last_at=int(fields[4]))
    return state, int(fields[5])


def _body(state: State) -> Iterator[bytes]:
    for entry in state.open.values():
        yield encode([_OPEN, *entry.fields()])
    # A day that was only looked at has counters, but empty ones.
    booked = {day for day, counters in state.days.items() if counters}
    for day in _newest(booked | state.packed_days.keys()):
        yield _day_line(day, state.days.get(day), state.packed_days.get(day, b""))
    for day in _newest(state.closed_on.keys() | state.packed_closed.keys()):
        yield _closed_line(day, state.closed_on.get(day, []), state.packed_closed.get(day, b""))


def _newest(days: set[int]) -> list[int]:
    return sorted(days)[-KEPT_DAYS:]


def _day_line(day: int, counters: Counters | None, packed: bytes) -> bytes:
    if counters is None:
        return seal(packed)
    fields = [_DAY, str(day)]
    for (agent, model), numbers in counters.items():
        fields += [agent, model, *map(str, numbers)]
    return encode(fields)


def _closed_line(day: int, entries: list[Entry], packed: bytes) -> bytes:
    fields = [field for entry in entries for field in entry.fields()]
    if not packed:
        return encode([_CLOSED, str(day), *fields])
    return seal(packed + b"\t" + joined(fields)) if fields else seal(packed)
