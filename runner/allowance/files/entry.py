"""One reservation as the store keeps it, open or closed, and the same as text fields."""

from __future__ import annotations

from runner.allowance.model import Ask, Holder, HoldState, Reservation, Spent, Tokens

OPEN, SETTLED, RELEASED = "o", "s", "r"
FIELD_COUNT = 20
Numbers = tuple[int, int, int, int, int]
"""What was spent: input, cache creation, cache read, output (tokens), money (nano-USD)."""

_STATES = {OPEN: HoldState.OPEN, SETTLED: HoldState.SETTLED, RELEASED: HoldState.RELEASED}


class Entry:
    """A reservation; plain and mutable, for hundreds of them are made when a store is read.

    `tokens` and `cost` are what is held while it is open and what was charged once it is settled;
    `asked_*` stay as asked, to tell a repeat from a clash. `at` is its last sign of life (unix seconds).
    `reaped` is 1 when others closed it because its holder was gone: its own late word still counts.
    """

    __slots__ = (
        "agent",
        "asked_cost",
        "asked_tokens",
        "at",
        "boot",
        "cost",
        "day",
        "id",
        "model",
        "pid",
        "reaped",
        "repository",
        "seen",
        "started",
        "state",
        "tokens",
    )

    def __init__(self, fields: list[str]) -> None:
        """From `FIELD_COUNT` text fields. Raises: ValueError."""
        self.id, self.agent, self.model, self.repository, self.boot, self.state, *rest = fields
        numbers = [int(text) for text in rest]
        self.day, self.at, self.reaped, self.pid, self.started = numbers[:5]
        self.asked_tokens, self.asked_cost, self.tokens, self.cost = numbers[5:9]
        read, written, again, output, cost = numbers[9:]
        self.seen: Numbers = (read, written, again, output, cost)

    def fields(self) -> list[str]:
        texts = [self.id, self.agent, self.model, self.repository, self.boot, self.state]
        numbers = (self.day, self.at, self.reaped, self.pid, self.started)
        amounts = (self.asked_tokens, self.asked_cost, self.tokens, self.cost, *self.seen)
        return texts + [str(number) for number in numbers + amounts]

    @property
    def holder(self) -> Holder:
        return Holder(boot_id=self.boot, pid=self.pid, started=self.started)

    def is_open(self) -> bool:
        return self.state == OPEN

    def is_for(self, ask: Ask) -> bool:
        """Whether this is what `ask` asks for, to the number."""
        mine = (self.agent, self.model, self.repository, self.asked_tokens, self.asked_cost)
        return mine == (ask.agent_id, ask.model, ask.repository, ask.tokens, ask.cost_nano)

    def hold(self, tokens: int, cost: int) -> None:
        """Hold so much, but never less than what was seen."""
        self.tokens = max(tokens, counted(self.seen))
        self.cost = max(cost, self.seen[4])

    def reservation(self) -> Reservation:
        return Reservation(
            id=self.id,
            agent_id=self.agent,
            model=self.model,
            day=self.day,
            tokens=self.tokens,
            cost_nano=self.cost,
            state=_STATES[self.state],
            holder=self.holder,
            repository=self.repository,
        )


def numbers_of(spent: Spent) -> Numbers:
    tokens = spent.tokens
    return tokens.input, tokens.cache_creation, tokens.cache_read, tokens.output, spent.cost_nano


def spent_of(numbers: Numbers) -> Spent:
    read, written, again, output, cost = numbers
    tokens = Tokens(input=read, cache_creation=written, cache_read=again, output=output)
    return Spent(tokens=tokens, cost_nano=cost)


def counted(numbers: Numbers) -> int:
    """The tokens that a limit sees."""
    return spent_of(numbers).tokens.counted


def most(one: Numbers, other: Numbers) -> Numbers:
    """Class by class the larger number: reports may come twice, late or out of order."""
    a, b, c, d, e = (max(pair) for pair in zip(one, other, strict=True))
    return a, b, c, d, e
