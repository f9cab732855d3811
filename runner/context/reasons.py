"""Why a file was chosen, in one line for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SHOWN = 3
"""How many clues and how many words a reason names."""

_WORDS = {
    "path": "the text names it",
    "frame": "in the stack trace",
    "module": "the text names its module",
    "qualified": "has a member the text names",
    "stem": "its name is in the text",
    "neighbours": "beside other matches",
}


def explain(clues: Sequence[str], *, defines: Sequence[str], matches: Mapping[str, float]) -> str:
    """Say what spoke for a file.

    Args:
        clues: the clues that speak for it, the most valuable first.
        defines: names from the text that the file defines, the most telling first.
        matches: terms of the text in the file with what they are worth.
    """
    parts = [_WORDS[clue] for clue in clues if clue in _WORDS and clue != "neighbours"][:SHOWN]
    if defines:
        parts.append("defines " + ", ".join(defines[:SHOWN]))
    words = sorted(matches, key=lambda term: (-matches[term], term))[:SHOWN]
    if words:
        parts.append("matches " + ", ".join(words))
    return "; ".join(parts) or _WORDS["neighbours"]
