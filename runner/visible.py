"""Text that is only what it shows: the one table of what nobody sees, and how it is taken out; pure."""

from __future__ import annotations

import re

# `re` compiles these when they are first used: most text is plain ASCII and needs none of them.
_ESCAPES = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # window titles, links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # device strings
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_LINE_ENDS = "\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_HIDDEN = (
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls but tab and line ends
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero width, direction
    "\u17b4\u17b5\u3164\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # fillers, annotations
    "\U000e0000-\U000e0fff]"  # tags and selectors that spell out hidden text
)
"""What Unicode calls ignorable, but for joiners and variation selectors: letters and emoji are made with them."""
_BROKEN = "[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
"""Halves of characters (bytes that were not UTF-8) and numbers that stand for no character."""


def visible(text: str) -> str:
    """Text of others, fit to be passed on: no terminal sequences, nothing hidden, nothing broken.

    Every line end becomes `\\n`, a broken character U+FFFD; what is left can be written as UTF-8.
    """
    return without_broken(without_hidden(_without_escapes(text)))


def visible_line(text: str, most_chars: int | None = None) -> str:
    """Visible text with every run of blanks and line ends as one blank, cut with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if most_chars is None or len(line) <= most_chars else line[: most_chars - 1] + "…"


def without_hidden(text: str) -> str:
    """Without control, zero-width, direction and tag characters; every line end becomes `\\n`.

    All that can be seen stays, also what is left of a terminal sequence without its ESC: for a person who must see
    that something was there.
    """
    return text if _is_plain(text) else re.sub(_HIDDEN, "", re.sub(_LINE_ENDS, "\n", text))


def without_broken(text: str) -> str:
    """With U+FFFD in the place of what is no character, so that it can be written as UTF-8."""
    return text if text.isascii() else re.sub(_BROKEN, "\ufffd", text)


def _without_escapes(text: str) -> str:
    return text if _is_plain(text) else re.sub(_ESCAPES, "", text)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
