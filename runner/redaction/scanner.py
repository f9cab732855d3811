"""Finds secrets in a stream of bytes; where the stream was cut into pieces makes no difference.

Nothing but a private key spans lines, and no find is longer than a fixed limit. So a finished line is decided
at once, and of an endless line all but a fixed rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.redaction.needles import SPAN_LIMIT_BYTES, Needle, Span, spans_of
from runner.redaction.private_keys import BEGIN, START_BYTES, KeyBlock, has_body
from runner.redaction.shapes import Shape

WINDOW_BYTES = 1 << 16
"""An unfinished line is worked on when so much of it can be decided."""

PRIVATE_KEY = "private-key"

_MARGIN_BYTES = 256
"""A begin line that is only half there, or whose key is, does not reach into what is decided."""


class Scanner:
    """Takes text piece by piece; gives back what may stay, as bytes, and what must not, as spans.

    Offsets in spans count from the beginning of the stream.
    """

    def __init__(self) -> None:
        self._text = b""
        self._base = 0
        self._key: KeyBlock | None = None
        self._covered = 0
        """Up to here something was hidden; finds that begin before it only make it longer."""
        self._later: list[Span] = []
        """Found already, but they begin behind what was decided."""
        self._resume: dict[bytes, int] = {}

    def feed(
        self, data: bytes, *, needles: Sequence[Needle], searched: Sequence[Shape], final: bool = False
    ) -> Iterator[bytes | Span]:
        """Add `data` and yield what is decided now; with `final` that is all. `searched` have no anchor."""
        self._text += data
        at, limit = 0, self._limit(final)
        while at < limit or self._key is not None:
            if self._key is not None:
                at, over = self._key.eat(self._text, at, final=final)
                if not over:
                    break
                self._key = None
                continue
            begin, end = self._next_key(at, final=final)
            yield from self._between(at, min(begin, limit), begin, needles, searched)
            at = min(begin, limit)
            if at == limit or (self._undecided(end) and not final):
                break
            yield Span(start=self._base + begin, end=self._base + end, kind=PRIVATE_KEY)
            self._key = KeyBlock()
            at = end
        self._text = self._text[at:]
        self._base += at

    def _limit(self, final: bool) -> int:
        if final:
            return len(self._text)
        lines = self._text.rfind(b"\n") + 1
        decided = len(self._text) - SPAN_LIMIT_BYTES - START_BYTES - _MARGIN_BYTES
        return decided if decided > lines + WINDOW_BYTES else lines

    def _next_key(self, at: int, *, final: bool) -> tuple[int, int]:
        """The next begin line that a key follows or, unless this is `final`, may follow; else the end of the text."""
        # Looking for these words first is twenty times faster than the pattern.
        while self._text.find(b"PRIVATE KEY", at) >= 0 or self._text.find(b"PuTTY-User", at) >= 0:
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
        self, start: int, stop: int, wall: int, needles: Sequence[Needle], searched: Sequence[Shape]
    ) -> Iterator[bytes | Span]:
        """Decide `start` to `stop`; nothing that begins there reaches past `wall`."""
        found = list(self._later)
        ahead = self._text[start:]
        for needle in needles:
            if needle.anchor in ahead:  # as a rule nothing is: keep that case short
                found += self._hits(needle, start, stop, wall)
        for shape in searched:
            found += self._searched(shape, start, stop, wall)
        found.sort(key=lambda span: (span.start, -span.end))
        self._later = [span for span in found if span.start >= self._base + stop]
        cursor = max(self._base + start, self._covered)
        for span in found[: len(found) - len(self._later)]:
            if span.start >= self._covered:
                yield self._text[cursor - self._base : span.start - self._base]
                yield span
            self._covered = max(self._covered, span.end)
            cursor = max(cursor, self._covered)
        yield self._text[cursor - self._base : stop] if cursor < self._base + stop else b""

    def _hits(self, needle: Needle, start: int, stop: int, wall: int) -> Iterator[Span]:
        at = max(start, self._resume.get(needle.anchor, 0) - self._base)
        while (at := self._text.find(needle.anchor, at, stop + len(needle.anchor) - 1)) >= 0:
            spans = tuple(needle.spans(self._text, at, wall))
            yield from map(self._absolute, spans)
            at = needle.next_at(self._text, at, spans)
            self._resume[needle.anchor] = self._base + at

    def _searched(self, shape: Shape, start: int, stop: int, wall: int) -> Iterator[Span]:
        for pattern in shape.patterns:
            at = max(start, self._resume.get(pattern.pattern, 0) - self._base)
            while (match := pattern.search(self._text, at, wall)) and match.start() < stop:
                spans = tuple(spans_of(shape, self._text, match.start(), wall))
                yield from map(self._absolute, spans)
                at = max((span.end for span in spans), default=match.end())
                self._resume[pattern.pattern] = self._base + at

    def _absolute(self, span: Span) -> Span:
        return Span(start=span.start + self._base, end=span.end + self._base, kind=span.kind)
