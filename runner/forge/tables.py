"""Tables whose rows have no more cells than columns: what is too much is shown to nobody, and hides any text; pure."""

from __future__ import annotations

import re

BAR = re.compile(r"(?<!\\)(?:\\\\)*\|")
"""Ends with a bar that cuts a table: not one behind an odd number of backslashes."""
_INSIDE = r"[ \t>]*+(?:(?:[-+*]|[0-9]{1,9}[.)])[ \t>]++)*+"
"""What a line of a list or a quotation begins with."""
_RULE = re.compile(_INSIDE + r"\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+", re.ASCII)
_START = re.compile(_INSIDE, re.ASCII)


class Columns:
    """How many columns the table has that the lines so far end with; 0 outside of tables."""

    def __init__(self) -> None:
        self._count = 0

    def end(self) -> None:
        """A line that belongs to no table."""
        self._count = 0

    def row(self, line: str) -> str:
        """The line with the bars escaped that would make more cells than there are columns.

        Where it is not certain whether the table goes on, it is taken to: an escaped bar is shown as a bar.
        """
        if not line.strip(" \t>"):
            self.end()
        elif _RULE.fullmatch(line) and ("|" in line or ":" in line):
            cells = len(_cuts(line)) + 1
            self._count = min(self._count, cells) if self._count else cells
        elif self._count:
            return _escaped(line, _cuts(line)[self._count - 1 :])
        return line


def _cuts(line: str) -> list[int]:
    """Where the line is cut into cells."""
    start, end = _START.match(line), len(line.rstrip(" \t"))
    first = start.end() if start else 0
    bars = [found.end() - 1 for found in BAR.finditer(line)]
    return [at for at in bars if at not in (first, end - 1)]


def _escaped(line: str, bars: list[int]) -> str:
    parts, at = [], 0
    for bar in bars:
        parts += [line[at:bar], "\\"]
        at = bar
    return "".join(parts) + line[at:]
