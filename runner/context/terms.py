"""Text and code become terms: identifiers in parts, lower-cased, the empty words left out."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable

from runner.context.stop_words import ENGLISH, STOP_WORDS

LONGEST = 64
"""Longer words are data (hashes, encoded files), not names."""

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
"""Scripts written without spaces between words."""
_TICKED = re.compile(r"(?<!`)`{1,2}(?!`)([^`\n]{1,160})`")
_SEPARATED = bytes(
    byte if byte >= 128 or byte in b"_\n" or bytes([byte]).isalnum() else ord(" ") for byte in range(256)
)

TITLE_BONUS = 1.5
TITLE_WEAK = 0.3
"""For words of templates and languages: `add` can be the name of what the task is about."""
TICKED_BONUS = 0.5


def count_words(raw: bytes) -> Counter[bytes]:
    """How often each word stands in a file, uncut and in its own case; bytes, because that is several times faster."""
    return Counter(raw.translate(_SEPARATED).split())


def words_by_line(raw: bytes) -> list[list[bytes]]:
    """The words of each line, uncut; lines end at `\\n` alone, so that their numbers are those of an editor."""
    return [line.split() for line in raw.translate(_SEPARATED).split(b"\n")]


def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one word: itself in lower case, and its parts if it is `snake_case`, `camelCase` or has digits."""
    if not word.isascii():
        return _wide_terms(word)
    whole = word.lower()
    found = [whole] if 1 < len(whole) <= LONGEST else []
    if len(word) <= LONGEST and not (word.isalpha() and (word.islower() or word[1:].islower())):
        parts = (part.lower() for part in _PART.findall(word))
        found += [part for part in parts if len(part) > 1 and part != whole]
    return tuple(found)


def terms(text: str) -> list[str]:
    """All terms of a text, in order, repeats and stop words included."""
    return [term for word in _WORD.findall(text) for term in word_terms(word)]


def telling(found: Iterable[str], silent: Collection[str] = STOP_WORDS) -> list[str]:
    """Those terms that say something: not among the `silent` ones, no bare numbers of one or two digits."""
    return [term for term in found if term not in silent and not (term.isdigit() and len(term) < 3)]


def query_weights(text: str) -> dict[str, float]:
    """Weights of a text's terms: repeats count by their logarithm; the first line and `quoted` words count more."""
    title, _, body = text.strip().partition("\n")
    weights = {term: 1 + math.log(count) for term, count in Counter(telling(terms(body))).items()}
    for term in set(telling(terms(title), ENGLISH)):
        weights[term] = weights.get(term, 0.0) + (TITLE_WEAK if term in STOP_WORDS else TITLE_BONUS)
    for term in set(telling(terms(ticked(text)), ENGLISH)):
        weights[term] = weights.get(term, 1.0) + TICKED_BONUS
    return weights


def ticked(text: str) -> str:
    """What stands between backticks on a line."""
    return " ".join(_TICKED.findall(text))


def title_weights(text: str) -> dict[str, float]:
    """The terms of the first line, all alike."""
    return dict.fromkeys(telling(terms(text.strip().partition("\n")[0])), 1.0)


def _wide_terms(word: str) -> tuple[str, ...]:
    """Terms of a word beyond ASCII: without accents and case; unspaced scripts in pairs of characters."""
    folded = unicodedata.normalize("NFKD", word)
    plain = unicodedata.normalize("NFC", "".join(char for char in folded if not unicodedata.combining(char)))
    found: list[str] = []
    for run in _UNSPACED.findall(plain):
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    for rest in _WORD.findall(_UNSPACED.sub(" ", plain)):
        found += word_terms(rest) if rest.isascii() else [rest.casefold()] if len(rest) <= LONGEST else []
    return tuple(found)
