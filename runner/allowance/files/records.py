"""The records of the log, as text fields: facts with all their numbers, so that a replay needs no limits.

Every record starts with its kind and the second it was written. What is booked stands in the record; the
reader adds up and decides nothing.
"""

from __future__ import annotations

from runner.allowance.files.entry import OPEN, Entry, Numbers
from runner.allowance.model import Ask, Holder

RESERVE, RESIZE, SEEN, SETTLE, RELEASE, ADOPT, LATE = "R", "Z", "S", "C", "X", "A", "L"
Record = list[str]


def reserve(at: int, day: int, ask: Ask, holder: Holder) -> Record:
    """A new hold: the fields of its entry."""
    numbers = (
        day,
        at,
        0,
        holder.pid,
        holder.started,
        ask.tokens,
        ask.cost_nano,
        ask.tokens,
        ask.cost_nano,
        *(0, 0, 0, 0, 0),
    )
    texts = [RESERVE, str(at), ask.id, ask.agent_id, ask.model, ask.repository, holder.boot_id, OPEN]
    return texts + [str(number) for number in numbers]


def resize(at: int, entry_id: str, tokens: int, cost: int) -> Record:
    return [RESIZE, str(at), entry_id, str(tokens), str(cost)]


def seen(at: int, entry_id: str, total: Numbers) -> Record:
    """Usage so far, in total."""
    return [SEEN, str(at), entry_id, *_texts(total)]


def settle(
    at: int, entry: Entry, *, booked_day: int, tokens: int, cost: int, spent: Numbers, reaped: bool
) -> Record:
    """The end of a hold. It names agent, model and day again: booked even if the first record is lost."""
    return [
        SETTLE,
        str(at),
        entry.id,
        entry.agent,
        entry.model,
        entry.repository,
        *_texts((entry.day, booked_day, tokens, cost, int(reaped), *spent)),
    ]


def release(at: int, entry_id: str) -> Record:
    return [RELEASE, str(at), entry_id]


def adopt(at: int, entry_id: str, holder: Holder) -> Record:
    return [ADOPT, str(at), entry_id, holder.boot_id, str(holder.pid), str(holder.started)]


def late(at: int, entry_id: str, *, booked_day: int, tokens: int, cost: int, spent: Numbers) -> Record:
    """What a reaped run spent beyond what was booked for it (`tokens`, `cost` are the difference)."""
    return [LATE, str(at), entry_id, *_texts((booked_day, tokens, cost, *spent))]


def _texts(numbers: tuple[int, ...]) -> list[str]:
    return [str(number) for number in numbers]
