"""The shapes in which one secret value may turn up: as it is, escaped, quoted, encoded."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

from runner.redaction.variables import MIN_LENGTH

PIECE_BYTES = 4096
"""A longer value is looked for piece by piece, so that what is held back in a stream has a bound."""


def forms(value: str) -> tuple[bytes, ...]:
    """Every byte string to look for; none contains a newline.

    A value of several lines is looked for line by line, and as a whole where it is escaped.
    """
    found: dict[bytes, None] = {}
    for text in (*_long_lines(value), *_escaped(value)):
        for piece in _pieces(_bytes(text)):
            found[piece] = None
    for core in _base64_cores(_bytes(value)):
        for piece in _pieces(core):
            found[piece] = None
    return tuple(found)


def _long_lines(value: str) -> tuple[str, ...]:
    # The marker lines of a key are no secret.
    return tuple(
        line for line in value.splitlines() if len(line) >= MIN_LENGTH and not line.startswith("-----")
    )


def _escaped(value: str) -> tuple[str, ...]:
    once = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    # JSON inside JSON: a tool's output in a line of the stream.
    twice = tuple(json.dumps(text)[1:-1] for text in once)
    raw = _bytes(value)
    return tuple(
        text for text in (*once, *twice, quote(raw, safe=""), quote(raw), quote_plus(raw)) if "\n" not in text
    )


def _base64_cores(value: bytes) -> tuple[bytes, ...]:
    """The characters that `value` becomes inside a longer base64 text, at each of three positions."""
    cores = []
    for encode in (b64encode, urlsafe_b64encode):
        for shift in range(3):
            text = encode(b"\0" * shift + value)
            # The first and the last character may also depend on the neighbours: leave those out.
            first, last = -(-shift * 8 // 6), (shift + len(value)) * 8 // 6
            cores.append(text[first:last])
    return tuple(core for core in cores if len(core) >= MIN_LENGTH)


def _bytes(text: str) -> bytes:
    """As the environment gave them; a surrogate that no environment gives is written as it is."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _pieces(text: bytes) -> tuple[bytes, ...]:
    pieces = (text[at : at + PIECE_BYTES] for at in range(0, len(text), PIECE_BYTES))
    return tuple(piece for piece in pieces if len(piece) >= MIN_LENGTH)
