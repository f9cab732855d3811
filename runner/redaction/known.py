"""Known secret values in a text: which of them may be there, where they stand, and where one may have begun."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from runner.redaction.forms import HEAD_CHARACTERS, Form
from runner.redaction.needles import SPAN_LIMIT_BYTES, Span
from runner.redaction.squeeze import folded, squeezed
from runner.redaction.writing import BREAK, UNSEEN

_LINE_END = re.compile(rb"[ \t]*\\?\r?\n[ \t]*(?:[>|#*+-]{1,3}[ \t]*)?")
_BREAK = re.compile(BREAK)
_UNSEEN = re.compile(UNSEEN)
_ESCAPED_END = re.compile(
    rb"(?:%[0-9a-fA-F]{2}|\\(?:x..|u.{4}|[0-7]{3}|[^A-Za-z0-9])|&[#A-Za-z0-9]{2,8};|'')[ -~]?\Z"
)
"""A last or last but one character that is not written as it is."""
_TAIL_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One form of one value."""

    form: Form
    kind: str
    distinctive: bool = True
    """False for a value so plain that it also stands in innocent text."""


class KnownValues:
    """All forms of all values, as they were at one time."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self.all = tuple(known)
        self._flat = tuple((core, each) for each in self.all for core in each.form.cores)
        low = [(core, each) for each in self.all for core in each.form.folded_cores]
        self._low = tuple(pair for pair in low if b"u00" not in pair[0])
        self._spelled = tuple(pair for pair in low if b"u00" in pair[0])
        self._pairs = frozenset(pair for each in self.all for pair in each.form.pairs)

    def in_text(self, text: bytes) -> tuple[Known, ...]:
        """Those that may be in `text`; every other one is not, in no writing."""
        if not self.all:
            return ()
        flat = squeezed(text)
        low = folded(flat)
        found = [each for core, each in self._flat if core in flat]
        if b"u00" in low:
            found += [each for core, each in self._spelled if core in low]
        found += [each for core, each in self._low if core in low]
        return tuple({id(each): each for each in found}.values())

    def spans(self, text: bytes) -> Iterator[Span]:
        """Everything that is there, also one over another, in no order."""
        for known in self.in_text(text):
            for start, end in hits(known.form, text, 0, len(text), len(text)):
                yield from spans(known, text, start, end)

    def open_from(self, text: bytes, end: int) -> int:
        """Where a value may begin that the line end before `end` cuts in two; `end` if none does."""
        tail = _UNSEEN.sub(b"", text[max(0, end - _TAIL_BYTES) : end]).rstrip(b" \t\r\n").rstrip(b"\\")
        if not (tail[-2:] in self._pairs or tail[-1:] in self._pairs or _ESCAPED_END.search(tail)):
            return end
        return min((_begins(each.form, text, end) for each in self.all), default=end)


def hits(form: Form, text: bytes, at: int, stop: int, wall: int) -> Iterator[tuple[int, int]]:
    """Where `form` stands: finds that begin from `at` to before `stop`; nothing reaches past `wall`."""
    reach = min(form.reach_bytes, SPAN_LIMIT_BYTES)
    while (found := form.head.search(text, at, wall)) and found.start() < stop:
        start, at = found.start(), found.start() + 1
        end = _end_of(form, text, start, min(wall, start + reach))
        if end is not None:
            at = end
            yield start, end


def _end_of(form: Form, text: bytes, at: int, wall: int) -> int | None:
    head = form.head.match(text, at, wall)
    if head is None or len(form.parts) <= HEAD_CHARACTERS:
        return head and head.end()
    places = {head.end()}
    for number in range(HEAD_CHARACTERS, len(form.parts)):
        if not (places := _after(form, number, text, places, wall)):
            return None
    ends = (_part(form.after).match(text, place, wall) for place in places)
    return max((end.end() for end in ends if end), default=None)


def without_line_ends(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A find in pieces, without the line ends in it: lines stay lines."""
    for line_end in _LINE_END.finditer(text, start, end):
        if start < line_end.start():
            yield start, line_end.start()
        start = line_end.end()
    yield start, end


def spans(known: Known, text: bytes, start: int, end: int) -> Iterator[Span]:
    """One find as what is to be hidden."""
    for first, last in without_line_ends(text, start, end):
        yield Span(start=first, end=last, kind=known.kind, source="value")


def _begins(form: Form, text: bytes, end: int) -> int:
    """The first place from which `form` goes on without a break to the line end before `end`; else `end`."""
    first = max(0, end - min(form.reach_bytes, SPAN_LIMIT_BYTES))
    starts = (found.start() for found in _part(form.before + form.parts[0]).finditer(text, first, end))
    return next((start for start in starts if _runs_out(form, text, start, end)), end)


def _runs_out(form: Form, text: bytes, at: int, end: int) -> bool:
    """Whether the text ends at `end` in the middle of a `form` that begins at `at`."""
    places = {at}
    for number in range(len(form.parts)):
        if number and any(_BREAK.fullmatch(text, place, end) for place in places):
            return True
        if not (places := _after(form, number, text, places, end)):
            break
    return False


def _after(form: Form, number: int, text: bytes, places: set[int], wall: int) -> set[int]:
    """Where the character of this number may end, when it may begin at `places`, or behind a line end there."""
    wanted = _part(form.parts[number] if number else form.before + form.parts[number])
    joints = (_part(form.joint).match(text, place, wall) for place in places if number)
    begins = places | {joint.end() for joint in joints if joint}
    return {found.end() for begin in begins if (found := wanted.match(text, begin, wall))}


@cache
def _part(source: bytes) -> re.Pattern[bytes]:
    return re.compile(source)
