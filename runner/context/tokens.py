"""How many tokens a text will cost, estimated without a tokenizer and rather too high than too low."""

from __future__ import annotations

import math
import re

CAUTION = 1.15

_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|[ \t]{2,}|\n+|([^\w\s])\1*|[^\x00-\x7f]|_")


def estimate_tokens(text: str) -> int:
    """Estimate by the class of each piece, and 15 % more; real tokenizers stay below on code and English prose.

    A word costs one token for every 6 letters begun, digits one for every 3, a run of one punctuation mark one for
    every 4, a line break or an indentation one, an underscore half; a character outside ASCII one and a half.
    Single blanks belong to the word after them.
    """
    return math.ceil(CAUTION * sum(_cost(match[0]) for match in _PIECE.finditer(text)))


def _cost(piece: str) -> float:
    first = piece[0]
    if not first.isascii():
        return 1.5 * len(piece)
    if first.isalpha():
        return math.ceil(len(piece) / 6)
    if first.isdigit():
        return math.ceil(len(piece) / 3)
    if first == "_":
        return 0.5
    return 1.0 if first.isspace() else math.ceil(len(piece) / 4)
