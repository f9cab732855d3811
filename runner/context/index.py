"""How often each wanted term stands in each file: counted per blob, so that a stored index can take over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from runner.context.kinds import is_readable
from runner.context.terms import count_words, word_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """What was counted. Everything is keyed by blob id: a path says nothing about content."""

    counts: Mapping[str, Mapping[str, int]]
    """Term -> blob id -> how often."""
    lengths: Mapping[str, int]
    """Blob id -> its words; a blob that is not text for people is absent."""
    spelled: Mapping[str, frozenset[str]]
    """Wanted identifier, in its own case -> blobs with exactly that word."""
    words: Mapping[bytes, tuple[str, ...]]
    """Every word that holds wanted terms -> those terms."""


def count_postings(
    blobs: Iterable[str],
    read: Callable[[str], bytes],
    *,
    wanted: frozenset[str],
    identifiers: frozenset[str] = frozenset(),
) -> Postings:
    """Count the wanted terms in the blobs; each is read once and dropped again.

    Only words that hold a wanted term are taken apart, and each distinct word once.
    """
    counting = _Counting(wanted, frozenset(name.encode() for name in identifiers))
    for blob in blobs:
        raw = read(blob)
        if is_readable(raw):
            counting.add(blob, raw)
    return counting.done()


class _Counting:
    """The growing counts, and what is known of each word seen so far."""

    def __init__(self, wanted: frozenset[str], identifiers: frozenset[bytes]) -> None:
        self._wanted = wanted
        self._needles = tuple(term.encode() for term in sorted(wanted) if term.isascii())
        self._identifiers = identifiers
        self._seen: set[bytes] = set()
        self._telling: dict[bytes, tuple[str, ...]] = {}
        self._counts: dict[str, dict[str, int]] = {term: {} for term in wanted}
        self._lengths: dict[str, int] = {}
        self._spelled: dict[str, set[str]] = {}

    def add(self, blob: str, raw: bytes) -> None:
        words = count_words(raw)
        self._lengths[blob] = words.total()
        self._learn(words)
        found: Counter[str] = Counter()
        for word in words.keys() & self._telling.keys():
            for term in self._telling[word]:
                found[term] += words[word]
        for term, count in found.items():
            self._counts[term][blob] = count
        for word in words.keys() & self._identifiers:
            self._spelled.setdefault(word.decode(), set()).add(blob)

    def _learn(self, words: Counter[bytes]) -> None:
        new = set(words) - self._seen
        self._seen |= new
        for word in self._possible(new):
            held = tuple(t for t in word_terms(word.decode(errors="replace")) if t in self._wanted)
            if held:
                self._telling[word] = held

    def _possible(self, new: set[bytes]) -> set[bytes]:
        """The words worth taking apart: searching all at once for each term is many times faster."""
        joined = b"\n".join(new)
        possible = set() if joined.isascii() else {word for word in new if not word.isascii()}
        lowered = joined.lower()
        for needle in self._needles:
            at = lowered.find(needle)
            while at >= 0:
                end = lowered.find(b"\n", at)
                end = len(lowered) if end < 0 else end
                possible.add(joined[lowered.rfind(b"\n", 0, at) + 1 : end])
                at = lowered.find(needle, end)
        return possible

    def done(self) -> Postings:
        spelled = {name: frozenset(blobs) for name, blobs in self._spelled.items()}
        return Postings(counts=self._counts, lengths=self._lengths, spelled=spelled, words=self._telling)
