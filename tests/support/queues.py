"""A queue to test, whichever driver it is, and the clock that moves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from runner.tasks.embedded import Clock
from runner.tasks.model import Claimed, ClaimRequest, NewTask, Task, TaskFilter
from runner.tasks.protocol import Claims, TaskBoard
from runner.tasks.stepping import Steady

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROJECT = "github.com/acme/widget"
ALL = TaskFilter(limit=10_000)


@dataclass(slots=True)
class Hands:
    """A clock that stands still until it is moved, and chance that always says the same."""

    passed: timedelta = field(default_factory=timedelta)
    stepped: timedelta = field(default_factory=timedelta)
    """By how much the clock on the wall was set."""
    chance: float = 1.0

    def now(self) -> datetime:
        return START + self.passed + self.stepped

    def steady(self) -> Steady:
        return Steady(boot="one", reading=self.passed // timedelta(microseconds=1))

    def monotonic(self) -> float:
        return 1000.0 + self.passed.total_seconds()

    def move(self, seconds: float) -> None:
        self.passed += timedelta(seconds=seconds)

    def step(self, seconds: float) -> None:
        """Set the clock on the wall."""
        self.stepped += timedelta(seconds=seconds)

    def clock(self) -> Clock:
        return Clock(wall=self.now, monotonic=self.monotonic, jitter=lambda: self.chance, steady=self.steady)


@dataclass(slots=True)
class QueueUnderTest:
    """Both faces of one queue, and short ways to say the usual things to it."""

    claims: Claims
    board: TaskBoard
    hands: Hands
    asked: int = 0

    def add(self, title: str = "Fix the clock", **fields: object) -> Task:
        """Put a task into the queue; its fields are those of `NewTask`."""
        new = NewTask(**{"title": title, "project": PROJECT, **fields})  # type: ignore[arg-type]  # test shorthand
        return self.board.create(new, request_id=self.fresh_id())

    def take(self, agent_id: str = "ada", **fields: object) -> Claimed:
        """Claim a task; the fields are those of `ClaimRequest`."""
        request = {"agent_id": agent_id, "request_id": self.fresh_id(), **fields}
        return self.claims.claim(ClaimRequest(**request))  # type: ignore[arg-type]  # test shorthand

    def all(self) -> tuple[Task, ...]:
        return self.board.list(ALL)

    def event_names(self, task_id: str | None = None) -> list[str]:
        return [event.name for event in self.board.events(task_id)]

    def fresh_id(self) -> str:
        self.asked += 1
        return f"request-{self.asked}"
