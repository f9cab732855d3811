"""The parts of a file that answer a query: whole lines around definitions and hits, as many as the tokens allow."""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from runner.context.definitions import find_definitions
from runner.context.model import Excerpt
from runner.context.passages import terms_by_line, words_holding
from runner.context.tokens import estimate_tokens

BEFORE_LINES = 3
AFTER_LINES = 8
"""What is shown around a line that hits."""
DEFINITION_LINES = 30
"""How far a definition is followed, at most."""
GAP_LINES = 3
"""Excerpts this near to each other become one."""
LONGEST_LINE_CHARS = 400
DEFINED_BONUS = 2.0
MOST_WINDOWS = 8
LEAST_WORTH = 0.2
"""A place worth less than this part of the best one is not shown."""
LONGEST_TOKEN_CHARS = 8
"""A text longer than this many characters per token is not even counted."""
EXCERPT_TOKENS = 12
"""What an excerpt costs besides its text: its line numbers and its fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    start: int
    """First line, from 0."""
    end: int
    """The line after the last."""
    worth: float


def cost_of(excerpts: Iterable[Excerpt]) -> int:
    """Estimated tokens of excerpts as they are shown."""
    return sum(EXCERPT_TOKENS + estimate_tokens(excerpt.text + "\n") for excerpt in excerpts)


def line_ranges(text: str, ranges: Iterable[tuple[int, int]], budget_tokens: int) -> tuple[Excerpt, ...]:
    """The given lines (first and last, from 1), as many of the first ones as the tokens allow."""
    lines = _lines(text)
    found: list[Excerpt] = []
    for start, end in ranges:
        excerpt = _fitting(lines, start - 1, min(end, len(lines)), budget_tokens)
        if excerpt is None:
            break
        found.append(excerpt)
        budget_tokens -= cost_of([excerpt])
    return tuple(found)


def find_excerpts(
    path: str, text: str, worth: Mapping[str, float], budget_tokens: int
) -> tuple[Excerpt, ...]:
    """The best parts of a file, in the order of their lines.

    Args:
        path: tells the language.
        text: the content of the file.
        worth: what a term is worth; terms that are absent do not matter.
        budget_tokens: the excerpts together cost at most this, by `cost_of`.

    A file that fits is given whole. When nothing hits, its beginning is given.
    """
    lines = _lines(text)
    if not lines:
        return ()
    if (
        len(text) <= LONGEST_TOKEN_CHARS * budget_tokens
        and cost_of([whole := _excerpt(lines, 0, len(lines))]) <= budget_tokens
    ):
        return (whole,)
    windows = _windows(path, text, lines, worth)
    return _affordable(lines, windows or [_Window(start=0, end=len(lines), worth=0.0)], budget_tokens)


def _windows(path: str, text: str, lines: list[str], worth: Mapping[str, float]) -> list[_Window]:
    """Candidates, best first: a definition with its body, or a line that hits with what is around it."""
    raw = text.encode(errors="replace")
    hits, _ = terms_by_line(raw, words_holding(raw, frozenset(worth)))
    values = [sum(worth[term] for term in set(found)) for found in hits]
    defined = _defined_lines(path, text)
    windows = []
    for at, value in enumerate(values):
        if value > 0 and at < len(lines):
            end = _body_end(lines, at) if at in defined else min(len(lines), at + 1 + AFTER_LINES)
            start = max(0, at - BEFORE_LINES)
            around = sum(values[start:end]) / (4 + len(values[start:end]))
            windows.append(
                _Window(start=start, end=end, worth=value * (1 + (at in defined) * DEFINED_BONUS) + around)
            )
    return sorted(windows, key=lambda window: (-window.worth, window.start))


def _affordable(lines: list[str], windows: list[_Window], budget_tokens: int) -> tuple[Excerpt, ...]:
    """Take the best windows while they fit; the first is cut if it must be."""
    shown: set[int] = set()
    taken = 0
    for window in windows:
        if taken == MOST_WINDOWS or window.worth < LEAST_WORTH * windows[0].worth:
            break
        new = [at for at in range(window.start, window.end) if at not in shown]
        cost = EXCERPT_TOKENS + sum(_cost(lines[at]) for at in new)
        if new and cost <= budget_tokens:
            shown.update(new)
            budget_tokens -= cost
            taken += 1
        elif not shown:
            fitting = _fitting(lines, window.start, window.end, budget_tokens)
            return (fitting,) if fitting else ()
    return _merged(lines, shown, budget_tokens)


def _merged(lines: list[str], shown: Collection[int], budget_tokens: int) -> tuple[Excerpt, ...]:
    """Neighbouring lines as one excerpt; small gaps are filled while there are tokens for it."""
    runs: list[tuple[int, int]] = []
    for at in sorted(shown):
        if runs and at - runs[-1][1] <= GAP_LINES:
            gap = sum(_cost(line) for line in lines[runs[-1][1] : at])
            if gap <= budget_tokens:
                budget_tokens -= gap
                runs[-1] = (runs[-1][0], at + 1)
                continue
        runs.append((at, at + 1))
    trimmed = (_trimmed(lines, start, end) for start, end in runs)
    return tuple(_excerpt(lines, start, end) for start, end in trimmed if start < end)


def _trimmed(lines: list[str], start: int, end: int) -> tuple[int, int]:
    """Without empty lines at both ends."""
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    return start, end


def _fitting(lines: list[str], start: int, end: int, budget_tokens: int) -> Excerpt | None:
    """The lines from `start` on, before `end`, that fit."""
    budget_tokens -= EXCERPT_TOKENS
    stop = start
    while stop < end:
        budget_tokens -= _cost(lines[stop])
        if budget_tokens < 0:
            break
        stop += 1
    return _excerpt(lines, start, stop) if stop > start else None


def _cost(line: str) -> int:
    return estimate_tokens(line + "\n")


def _defined_lines(path: str, text: str) -> set[int]:
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {bisect.bisect_left(breaks, offset) for _, offset in find_definitions(path, text)}


def _body_end(lines: list[str], at: int) -> int:
    """The line after a definition's body: where the indentation is back, or the limit."""
    depth = _indentation(lines[at])
    last = min(len(lines), at + DEFINITION_LINES)
    for index in range(at + 1, last):
        line = lines[index].strip()
        if not line or _indentation(lines[index]) > depth or (line[0] == ")" and line[-1] in ":{"):
            continue  # the last kind ends a signature of several lines
        return index + 1 if line[0] in ")}]" or line == "end" else index
    return last


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _lines(text: str) -> list[str]:
    """Lines as editors count them, each cut to a length that can be read."""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    return [
        line if len(line) <= LONGEST_LINE_CHARS else line[:LONGEST_LINE_CHARS] + " [...]" for line in lines
    ]


def _excerpt(lines: list[str], start: int, end: int) -> Excerpt:
    return Excerpt(start=start + 1, end=end, text="\n".join(lines[start:end]))
