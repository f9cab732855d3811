"""What the context of a task consists of; values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Lines `start` to `end` of a file, from 1, inclusive, with their text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file of the bundle: why it is there and what it costs."""

    path: str
    """Relative to the repository's top, with forward slashes."""
    language: str
    score: float
    """Comparable only inside one bundle; a file the task names has infinity."""
    reason: str
    tokens: int
    """Estimated tokens of what is shown of it."""
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a prompt gets to see of the repository. `tokens` is the sum, never above the budget."""

    named: tuple[Item, ...]
    """Files the task names, in its order."""
    related: tuple[Item, ...]
    """Ranked, best first; none of `named` again."""
    git_status: str
    recent_commits: tuple[str, ...]
    """Short id and subject of the last 10, newest first."""
    tokens: int
    budget: int
    left_out: tuple[str, ...] = ()
    """One line per thing that was cut or refused, for people."""

    @property
    def items(self) -> tuple[Item, ...]:
        return self.named + self.related
