"""The rules of ranking, pure: BM25 over body, definitions and path, and how the clues add up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

SATURATION = 1.2
BODY_LENGTH_EFFECT = 0.75
DEFINED_LENGTH_EFFECT = 0.5
DEFINED_WEIGHT = 3.0
PATH_WEIGHT = 4.0

WEIGHTS = {
    "terms": 1.0,
    "title": 0.4,
    "code terms": 0.2,
    "prose": 0.2,
    "rare": 0.2,
    "path": 0.8,
    "frame": 0.5,
    "module": 0.6,
    "qualified": 0.3,
    "defines": 0.4,
    "stem": 0.3,
    "passage": 0.5,
    "title passage": 0.2,
    "neighbours": 0.2,
    "test": -2.0,
    "text": -2.0,
    "auxiliary": -0.4,
    "index": -0.15,
    "has definitions": 0.1,
}
"""What each clue, from 0 to 1, is worth. Set by hand; docs/related-code.md says what each one gives."""

Clues = dict[str, dict[str, float]]
"""Clue -> file -> how strongly, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One part of all documents: how often each term stands there."""

    counts: Mapping[str, Mapping[str, float]]
    """Term -> document -> how often."""
    weight: float
    lengths: Mapping[str, float] | None = None
    """Document -> its length relative to the others (`relative_lengths`); None when length does not matter."""

    def amounts(self, term: str) -> Iterator[tuple[str, float]]:
        """The documents with the term, and how much of it they have for their length."""
        for document, count in self.counts.get(term, {}).items():
            length = 1.0 if self.lengths is None else self.lengths.get(document, 1.0)
            yield document, self.weight * count / length


def relative_lengths(lengths: Mapping[str, int], effect: float) -> dict[str, float]:
    """BM25's length rule: 1 for a document of mean length; `effect` 0 makes all alike, 1 is in full proportion."""
    mean = sum(lengths.values()) / max(1, len(lengths)) or 1.0
    return {document: 1 - effect + effect * length / mean for document, length in lengths.items()}


def rarity(documents: int, holding: int) -> float:
    """BM25's inverse document frequency; never negative."""
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5))


def bm25(
    weights: Mapping[str, float], fields: Iterable[Field], *, rarities: Mapping[str, float]
) -> dict[str, float]:
    """Score every document that holds one of the terms, over all fields together; each term needs its rarity."""
    scores: dict[str, float] = defaultdict(float)
    for term in sorted(weights):
        amounts: dict[str, float] = defaultdict(float)
        for field in fields:
            for document, amount in field.amounts(term):
                amounts[document] += amount
        worth = weights[term] * rarities[term]
        for document, amount in amounts.items():
            scores[document] += worth * amount / (SATURATION + amount)
    return dict(scores)


def scaled(scores: Mapping[str, float]) -> dict[str, float]:
    """Relative to the best one, which gets 1; what is not positive is dropped."""
    best = max(scores.values(), default=0.0)
    return {document: score / best for document, score in scores.items() if score > 0} if best > 0 else {}


def capped(scores: Mapping[str, float]) -> dict[str, float]:
    """As they are, at most 1."""
    return {document: min(1.0, score) for document, score in scores.items() if score > 0}


def total(clues: Clues, document: str, weights: Mapping[str, float] = WEIGHTS) -> float:
    """What all clues about a document are worth together."""
    return sum(weights[clue] * found.get(document, 0.0) for clue, found in sorted(clues.items()))


def strongest(clues: Clues, document: str, weights: Mapping[str, float] = WEIGHTS) -> tuple[str, ...]:
    """The clues that speak for a document, the most valuable first."""
    worth = {clue: weights[clue] * found.get(document, 0.0) for clue, found in clues.items()}
    return tuple(sorted((clue for clue in worth if worth[clue] > 0), key=lambda clue: (-worth[clue], clue)))
