"""What a text asks about: weighted terms, and the paths, stack frames, dotted names and identifiers written in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runner.context.stop_words import ENGLISH, STOP_WORDS
from runner.context.terms import query_weights, telling, terms, ticked, title_weights, word_terms

LONGEST_CHARS = 60_000
"""The rest of a longer text is not looked at: a pasted log, whose point is at its beginning or in its title."""

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PATH = re.compile(r"(?<![\w@])(?:[\w.~-]{1,80}[/\\]){0,20}[\w-][\w.-]{0,80}\.[A-Za-z]\w{0,7}\b")
_FRAME = re.compile(
    r"File \"([^\"\n]{1,300})\", line \d+"
    r"|^[ \t]*at [^\n]{0,200}?\(?([/\\]?(?:[\w.@~-]{1,80}[/\\]){0,20}[\w.-]{1,80}\.\w+):\d+"
    r"|((?:[\w.@~-]{1,80}[/\\]){0,20}[\w.-]{1,80}\.[a-z]{1,5}):\d+",
    re.MULTILINE,
)
_DOTTED = re.compile(r"[A-Za-z_]\w{0,80}(?:(?:\.|::|\\|/|->|#)[A-Za-z_]\w{0,80}){1,12}")
_JOINT = re.compile(r"\.|::|\\|/|->|#")
_NAME = re.compile(r"[A-Za-z_]\w{2,80}")
_CODELIKE = re.compile(r"[a-z0-9][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]|^_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text, read once."""

    weights: Mapping[str, float]
    """Term -> weight, from the whole text."""
    title: Mapping[str, float]
    """The terms of the first line, all alike."""
    prose: Mapping[str, float]
    """The terms outside code fences."""
    identifiers: Mapping[str, float]
    """Names in their own case -> 0 to 2: how much they look like code and stand out."""
    paths: tuple[str, ...]
    frames: tuple[str, ...]
    """Files of stack frames, in the order of the text."""
    dotted: tuple[tuple[str, ...], ...]
    """`a.b.C`, `A::b` and the like, in parts."""


def read_query(text: str) -> Query:
    """Read a text whose first line is its title. Any text works; an empty one asks about nothing."""
    text = text[:LONGEST_CHARS]
    prose = telling(terms(_FENCE.sub(" ", text)))
    frames = (next(group for group in match.groups() if group) for match in _FRAME.finditer(text))
    return Query(
        weights=query_weights(text),
        title=title_weights(text),
        prose=dict.fromkeys(prose, 1.0),
        identifiers=_identifiers(text),
        paths=tuple(dict.fromkeys(match[0] for match in _PATH.finditer(text))),
        frames=tuple(dict.fromkeys(frames)),
        dotted=tuple(dict.fromkeys(tuple(_JOINT.split(match[0])) for match in _DOTTED.finditer(text))),
    )


def code_terms(query: Query) -> dict[str, float]:
    """The terms that are whole identifiers of several parts."""
    found = (name.lower() for name in query.identifiers if _CODELIKE.search(name))
    return {term: query.weights.get(term, 1.0) for term in found if term in query.weights}


def _identifiers(text: str) -> dict[str, float]:
    title, _, body = text.strip().partition("\n")
    found: dict[str, float] = {}
    for part, weight, is_code in ((body, 1.0, False), (ticked(text), 1.5, True), (title, 2.0, False)):
        silent = ENGLISH if is_code else STOP_WORDS
        for name in set(_NAME.findall(part)):
            if name.lower() not in silent and word_terms(name):
                found[name] = max(found.get(name, 0.0), weight * _codelikeness(name, is_code=is_code))
    return found


def _codelikeness(name: str, *, is_code: bool) -> float:
    if _CODELIKE.search(name):
        return 1.0
    return 0.6 if is_code or name[0].isupper() else 0.25
