"""Finds secrets in a stream of bytes; where the stream was cut into pieces makes no difference.

No find is longer than a fixed limit, but for private keys. Only these and known values span lines: a finished line is
decided at once unless it ends in what may be the beginning of a value, and of an endless line all but a fixed rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.redaction.known import KnownValues, hits, spans
from runner.redaction.needles import SPAN_LIMIT_BYTES, Family, Needle, Span, spans_of
from runner.redaction.private_keys import BEGIN, HINTS, START_BYTES, KeyBlock, has_body
from runner.redaction.shapes import Shape

WINDOW_BYTES = 1 << 16
"""An unfinished line is worked on when so much of it can be decided."""

PRIVATE_KEY = "private-key"

_MARGIN_BYTES = 256
"""A begin line that is only half there, or whose key is, does not reach into what is decided."""
_BEHIND_BYTES = 32
"""So much of what was decided already is kept for patterns that look at what stands before them."""


class Scanner:
    """Takes text piece by piece; gives back what may stay, as bytes, and what must not, as spans.

    Offsets in spans count from the beginning of the stream.
    """

    def __init__(self) -> None:
        self._text = b""
        self._base = 0
        self._behind = 0
        self._key: KeyBlock | None = None
        self._covered = 0
        """Up to here something was hidden; finds that begin before it only make it longer."""
        self._kind = ""
        """What was hidden there; more of the same right behind it is told once."""
        self._later: list[Span] = []
        """Found already, but they begin behind what was decided."""
        self._resume: dict[bytes, int] = {}

    def feed(
        self,
        data: bytes,
        *,
        families: Sequence[Family],
        searched: Sequence[Shape],
        values: KnownValues,
        final: bool = False,
    ) -> Iterator[bytes | Span]:
        """Add `data` and yield what is decided now; with `final` that is all. `searched` have no anchor."""
        self._text += data
        at, limit = self._behind, self._limit(values, final)
        while at < limit or self._key is not None:
            if self._key is not None:
                at, over = self._key.eat(self._text, at, final=final)
                if not over:
                    break
                self._key = None
                continue
            begin, end = self._next_key(at, final=final)
            yield from self._between(at, min(begin, limit), begin, families, searched, values)
            at = min(begin, limit)
            if at == limit or (self._undecided(end) and not final):
                break
            yield Span(start=self._base + begin, end=self._base + end, kind=PRIVATE_KEY)
            self._key = KeyBlock()
            at = end
        self._drop(at)

    def _drop(self, at: int) -> None:
        """Forget what was decided, but for a little that later decisions look back at."""
        self._behind = min(at, _BEHIND_BYTES)
        self._text = self._text[at - self._behind :]
        self._base += at - self._behind

    def _limit(self, values: KnownValues, final: bool) -> int:
        if final:
            return len(self._text)
        lines = self._text.rfind(b"\n") + 1
        decided = len(self._text) - SPAN_LIMIT_BYTES - START_BYTES - _MARGIN_BYTES
        return decided if decided > lines + WINDOW_BYTES else values.open_from(self._text, lines)

    def _next_key(self, at: int, *, final: bool) -> tuple[int, int]:
        """The next begin line that a key follows or, unless this is `final`, may follow; else the end of the text."""
        # Looking for these words first is twenty times faster than the pattern.
        while any(self._text.find(hint, at) >= 0 for hint in HINTS):
            begin = BEGIN.search(self._text, at)
            if begin is None:
                break
            at = begin.end()
            if has_body(self._text, at) or (self._undecided(at) and not final):
                return begin.span()
        return len(self._text), len(self._text)

    def _undecided(self, end_of_begin: int) -> bool:
        return len(self._text) - end_of_begin < START_BYTES

    def _between(
        self,
        start: int,
        stop: int,
        wall: int,
        families: Sequence[Family],
        searched: Sequence[Shape],
        values: KnownValues,
    ) -> Iterator[bytes | Span]:
        """Decide `start` to `stop`; nothing that begins there reaches past `wall`."""
        found = list(self._later)
        ahead = self._text[start:]
        low = ahead.lower()
        for family in families:
            there = low if family.any_case else ahead
            if family.root in there:  # as a rule nothing is: keep that case short
                for needle in family.needles:
                    if needle.anchor in there:
                        found += self._hits(needle, start, stop, wall)
        for shape in searched:
            found += self._searched(shape, start, stop, wall)
        found += self._values(values, ahead, start, stop, wall)
        found.sort(key=lambda span: (span.start, span.source == "word", -span.end))
        self._later = [span for span in found if span.start >= self._base + stop]
        cursor = max(self._base + start, self._covered)
        for span in found[: len(found) - len(self._later)]:
            more = span.start == self._covered and span.kind == self._kind
            if span.start >= self._covered and not more:
                yield self._text[cursor - self._base : span.start - self._base]
                yield span
            self._kind = span.kind if span.end > self._covered else self._kind
            self._covered = max(self._covered, span.end)
            cursor = max(cursor, self._covered)
        yield self._text[cursor - self._base : stop] if cursor < self._base + stop else b""

    def _hits(self, needle: Needle, start: int, stop: int, wall: int) -> Iterator[Span]:
        at = max(start, self._resume.get(needle.anchor, 0) - self._base)
        text = self._text.lower() if needle.any_case else self._text
        while (at := text.find(needle.anchor, at, stop + len(needle.anchor) - 1)) >= 0:
            found = tuple(needle.spans(self._text, at, wall))
            yield from map(self._absolute, found)
            at = needle.next_at(self._text, at, found)
            self._resume[needle.anchor] = self._base + at

    def _searched(self, shape: Shape, start: int, stop: int, wall: int) -> Iterator[Span]:
        for pattern in shape.patterns:
            at = max(start, self._resume.get(pattern.pattern, 0) - self._base)
            while (match := pattern.search(self._text, at, wall)) and match.start() < stop:
                found = tuple(spans_of(shape, self._text, match.start(), wall))
                yield from map(self._absolute, found)
                at = max((span.end for span in found), default=match.end())
                self._resume[pattern.pattern] = self._base + at

    def _values(self, values: KnownValues, ahead: bytes, start: int, stop: int, wall: int) -> Iterator[Span]:
        for known in values.in_text(ahead):
            name = known.form.head.pattern + known.form.letters
            at = max(start, self._resume.get(name, 0) - self._base)
            for first, last in hits(known.form, self._text, at, stop, wall):
                self._resume[name] = self._base + last
                yield from map(self._absolute, spans(known, self._text, first, last))

    def _absolute(self, span: Span) -> Span:
        return replace(span, start=span.start + self._base, end=span.end + self._base)
