"""Where in a file the terms of a query stand close together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from runner.context.terms import count_words, word_terms, words_by_line

WINDOW_LINES = 60
STEP_LINES = 40
TYPICAL_WORDS = 250
"""Words of a usual window; a fuller one must have more hits for the same score."""

LineTerms = tuple[tuple[str, ...], ...]
"""For each line from the first, the wanted terms on it, repeats included."""


def terms_by_line(raw: bytes, words: Mapping[bytes, tuple[str, ...]]) -> tuple[LineTerms, tuple[int, ...]]:
    """The wanted terms of each line, and how many words each line has; `words` says which words hold which."""
    found: list[tuple[str, ...]] = []
    lengths: list[int] = []
    for line in words_by_line(raw):
        found.append(tuple(term for word in line if word in words for term in words[word]))
        lengths.append(len(line))
    return tuple(found), tuple(lengths)


def words_holding(raw: bytes, wanted: frozenset[str]) -> dict[bytes, tuple[str, ...]]:
    """The words of a file that hold wanted terms, each with those terms."""
    held = {
        word: tuple(t for t in word_terms(word.decode(errors="replace")) if t in wanted)
        for word in count_words(raw)
    }
    return {word: found for word, found in held.items() if found}


def best_passage(lines: LineTerms, lengths: tuple[int, ...], worth: Mapping[str, float]) -> float:
    """The score of the best window of `WINDOW_LINES` lines; 0 when no term of `worth` is in the file."""
    starts = range(0, max(1, len(lines) - STEP_LINES // 2), STEP_LINES)
    return max(
        (
            _window(lines[at : at + WINDOW_LINES], sum(lengths[at : at + WINDOW_LINES]), worth)
            for at in starts
        ),
        default=0.0,
    )


def _window(lines: LineTerms, words: int, worth: Mapping[str, float]) -> float:
    counts = Counter(term for line in lines for term in line if term in worth)
    effort = 1.2 * (0.4 + 0.6 * words / TYPICAL_WORDS)
    return sum(worth[term] * counts[term] / (counts[term] + effort) for term in sorted(counts))
