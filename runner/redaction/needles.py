"""What is looked for, by the bytes that each hit begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from runner.redaction.shapes import Shape, known_shapes

MATCH_LIMIT_BYTES = 8192
"""No pattern looks further than this from its anchor."""
SPAN_LIMIT_BYTES = 2 * MATCH_LIMIT_BYTES
"""No single find is longer: a stream that holds this much back decides like one that sees everything."""

_RUN = re.compile(rb"[A-Za-z0-9_-]*")
_ROOTS = (b"_v1_", b"_live_", b"_test_", b"_pat_", b"shp", b"hv", b"pp_", b"glf", b"glr")
"""Rare enough to look for in place of the anchors that hold them; each anchor is its own root, too."""


Source = Literal["value", "shape", "word"]
"""A known value, something that has the shape of a token, or something behind a word such as `password=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bytes to hide, from `start` to before `end`."""

    start: int
    end: int
    kind: str
    source: Source = "shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """One beginning, and the shapes that it may be the beginning of."""

    anchor: bytes
    shapes: tuple[Shape, ...]
    any_case: bool = False
    """The anchor is in lower case, the text may be in any."""

    def spans(self, text: bytes, at: int, wall: int) -> Iterator[Span]:
        """What begins at `at`, where the anchor stands; nothing reaches past `wall`."""
        for shape in self.shapes:
            yield from spans_of(shape, text, at, wall)

    def next_at(self, text: bytes, at: int, spans: Iterable[Span]) -> int:
        """Where to go on looking after the hit at `at` and what was found there."""
        furthest = max((span.end for span in spans), default=at + 1)
        if furthest == at + 1 and any(shape.one_run for shape in self.shapes):
            # It failed because of how this run of characters ends: so will every later hit in the run.
            return max(furthest, _run_end(text, at, at + MATCH_LIMIT_BYTES))
        return furthest


def spans_of(shape: Shape, text: bytes, at: int, wall: int) -> Iterator[Span]:
    """The finds of one shape that begin at `at`."""
    for pattern in shape.patterns:
        match = pattern.match(text, at, min(wall, at + MATCH_LIMIT_BYTES))
        if match is None:
            continue
        start, end = match.span(shape.secret_group)
        if shape.harmless is not None and shape.harmless.match(text, start, end):
            continue
        if shape.secret_group == 0:
            # A longer token of the same family than the pattern knows: no part of it may stay.
            end = _run_end(text, end, min(wall, at + SPAN_LIMIT_BYTES))
        yield Span(start=start, end=end, kind=shape.kind, source="word" if shape.weak else "shape")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Needles whose anchors have something in common: what lacks that has none of them."""

    root: bytes
    needles: tuple[Needle, ...]
    any_case: bool


@cache
def needle_families(*, words: bool | None = None) -> tuple[Family, ...]:
    """All needles, one per beginning; with `words` only those that go by a word, or only the others."""
    needles = [needle for needle in _needles() if words in (None, needle.any_case)]
    families: dict[tuple[bytes, bool], list[Needle]] = {}
    for needle in needles:
        alike = (other.anchor for other in needles if other.any_case == needle.any_case)
        roots = (root for root in (*_ROOTS, *alike) if root in needle.anchor)
        families.setdefault((min(roots, key=len), needle.any_case), []).append(needle)
    return tuple(
        Family(root=root, needles=tuple(group), any_case=any_case)
        for (root, any_case), group in families.items()
    )


def _needles() -> tuple[Needle, ...]:
    by_anchor: dict[tuple[bytes, bool], list[Shape]] = {}
    for shape in known_shapes():
        for anchor in shape.anchors:
            by_anchor.setdefault((anchor, shape.weak), []).append(shape)
    return tuple(
        Needle(anchor=anchor, shapes=tuple(group), any_case=weak)
        for (anchor, weak), group in by_anchor.items()
    )


@cache
def searched_shapes() -> tuple[Shape, ...]:
    """The known shapes without a fixed beginning."""
    return tuple(shape for shape in known_shapes() if not shape.anchors)


def _run_end(text: bytes, at: int, wall: int) -> int:
    run = _RUN.match(text, at, wall)
    return run.end() if run else at
