"""Strangers' Markdown made harmless: no HTML, images or mentions, nothing hidden, code where we say it is; pure.

Nothing here guesses how a forge reads code: only fences at the start of a line are left, and only code spans that
begin and end on one line outside tables, so that our reading and any other are the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator

from runner.forge.tables import BAR, Columns

_FENCE = re.compile(r"[ \t]*(?:(?P<ticks>`{3,64})(?P<info>[^`]*)|(?P<tildes>~{3,64})(?!~)(?P<name>.*))")
_PLAIN_INFO = re.compile(r"[ \t]*([A-Za-z0-9+#._-]{1,32})")
_DRAWN = frozenset({"mermaid", "geojson", "topojson", "stl", "math", "suggestion"})
"""Languages that a forge draws, or offers as a change, instead of showing them."""

_URL_CHARACTER = r"(?:[A-Za-z0-9._~:/?#%=+,;@-]|&(?!(?:lt|gt|quot|\#8203);))"
_URL = rf"(?<![A-Za-z0-9])https?://{_URL_CHARACTER}+"
_ADDRESS = re.compile(r"(?:://|www\.)\S*", re.IGNORECASE | re.ASCII)
"""At most this is a link that needs no brackets, whatever stands in it; `<` ends none, it is replaced."""
_ENTITY = r"&(?=\#[0-9]|\#[xX][0-9a-fA-F]|[A-Za-z][A-Za-z0-9]*;)(?!(?:amp|lt|gt|quot|\#8203);)"
_ENDS_A_NAME = re.compile(r"[^\[]*?\]:")
"""A name that began before the code: what it stands for comes before any code. With a `[` between it is no name."""
_TOKEN = re.compile(
    r"(?P<escape>\\[!-/:;=>?\[-`{-~])"  # any punctuation but @ and <, which a backslash does not always disarm
    r"|(?P<ticks>`+)"
    r"|(?P<tildes>~{3,})"
    rf"|(?<![A-Za-z0-9@])<(?P<link>{_URL})>(?=[.,:;?]*(?:$|[\s)\]\"'*]))"
    rf"|(?P<url>{_URL})"
    rf"|(?P<entity>{_ENTITY})"
    r"|(?P<less>\\?<)"
    r"|(?P<image>!+\[?)"  # all marks at once: to start anew at each of a million would take for ever
    r"|(?P<bracket>\](?=!*\[|:|\((?!(?:(?!~~~)[A-Za-z0-9._~:/?#%=+,;@&-])+\))))"
    # `](`: an address could hide a backtick. `]:`: what a name stands for is shown to nobody, and hides any text.
    r"|(?P<note>\[\^)"
    r"|(?P<mention>@)(?=[A-Za-z0-9])",
    re.ASCII,  # a parser takes no other blanks for blanks
)


def harmless(text: str) -> str:
    """The text as a piece of Markdown that stands alone: an open fence is closed. A second time changes nothing."""
    return "\n".join(_lines(text.split("\n")))


def open_fence(lines: Iterable[str]) -> str:
    """The fence that is still open after these lines; empty if none is."""
    fence = ""
    for line in lines:
        fence, _ = _step(line, fence)
    return fence


def _lines(lines: list[str]) -> Iterator[str]:
    fence, columns = "", Columns()
    for line in lines:
        fence, code = _step(line, fence)
        if code is None:
            yield columns.row(_prose(line))
        else:
            columns.end()
            yield code
    if fence:
        yield fence


def _step(line: str, fence: str) -> tuple[str, str | None]:
    """The fence that is open after the line, and the line if it belongs to code; None if it is prose."""
    if fence:
        bare = line.strip(" \t")
        closes = len(bare) >= len(fence) and set(bare) == {fence[0]}
        return ("", fence) if closes else (fence, line)
    if opening := _FENCE.fullmatch(line):
        mark = opening["ticks"] or opening["tildes"]
        return mark, mark + _language(opening["info"] or opening["name"] or "")
    return "", None


def _language(info: str) -> str:
    named = _PLAIN_INFO.match(info)
    return named[1] if named and named[1].lower() not in _DRAWN else ""


def _prose(line: str) -> str:
    spans = _CodeSpans(line)
    parts, at = [], 0
    while found := _TOKEN.search(line, at):
        parts.append(line[at : found.start()])
        end = spans.end(found) if found["ticks"] else None
        parts.append(line[found.start() : end] if end else _replacement(found))
        at = end or found.end()
    return "".join(parts) + line[at:]


class _CodeSpans:
    """Where the code spans of one line end. Everything is looked up once: a line can be very long."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._runs: dict[int, list[int]] = defaultdict(list)
        for run in re.finditer("`+", line):
            self._runs[len(run[0])].append(run.start())
        self._addresses = [found.span() for found in _ADDRESS.finditer(line)]

    def end(self, ticks: re.Match[str]) -> int | None:
        """Where the span that these backticks open ends; None if it is not certainly one.

        A bare address swallows backticks; a table is cut at its bars, and the names of addresses are taken out,
        before anybody looks for code.
        """
        partners = self._runs[len(ticks[0])]
        at = bisect_left(partners, ticks.end())
        if at == len(partners) or self._in_address(ticks.start()):
            return None
        if BAR.search(self._line, ticks.end(), partners[at]):
            return None
        if _ENDS_A_NAME.match(self._line, ticks.end(), partners[at]):
            return None
        return partners[at] + len(ticks[0])

    def _in_address(self, position: int) -> bool:
        at = bisect_left(self._addresses, (position,)) - 1
        return at >= 0 and position < self._addresses[at][1]


def _replacement(found: re.Match[str]) -> str:
    kind, text = found.lastgroup or "", found[found.lastgroup or 0]
    if kind in ("ticks", "tildes"):
        return f"\\{text[0]}" * len(text)
    if kind in ("link", "url"):
        return re.sub(_ENTITY, "&amp;", text.replace("@", "%40"))
    if kind == "image":
        return "[image: " if text.endswith("[") else text
    fixed = {"entity": "&amp;", "less": "&lt;", "bracket": "\\]", "note": "\\[^", "mention": "@&#8203;"}
    return fixed.get(kind, text)
