"""The forms in which one secret value may turn up: as text under any escaping, in base64, in hexadecimal; pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from runner.redaction.squeeze import folded, longest_run
from runner.redaction.variables import MIN_LENGTH
from runner.redaction.writing import (
    JOINT,
    LONGEST_CHARACTER,
    WRAP_ROOM,
    as_bytes,
    base64_character,
    escaped,
    hex_byte,
)

PIECE_CHARACTERS = 512
"""A longer value is looked for piece by piece, so that what is held back in a stream has a bound."""

HEAD_CHARACTERS = 64
"""So much is one pattern; compiling more would take longer than looking character by character."""

_HEX_JOINT = b"(?:[ :,-]{1,2}|" + JOINT + b")"


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way of writing a value, or a piece of it; between any two characters a line may end."""

    letters: bytes
    """The characters in their plainest writing."""
    parts: tuple[bytes, ...]
    """The pattern of each character."""
    cores: tuple[bytes, ...] = ()
    """One of these is in the squeezed text, or one of `folded_cores` in the folded text: else the form is not there."""
    folded_cores: tuple[bytes, ...] = ()
    joint: bytes = JOINT
    before: bytes = b""
    after: bytes = b""

    @property
    def reach_bytes(self) -> int:
        """No find is longer."""
        return len(self.parts) * LONGEST_CHARACTER + (len(self.parts) // 16 + 2) * WRAP_ROOM

    @cached_property
    def head(self) -> re.Pattern[bytes]:
        """The first characters, or all of a short form; compiled when it seems to be there: that takes milliseconds."""
        whole = len(self.parts) <= HEAD_CHARACTERS
        return re.compile(
            self.before + self.joint.join(self.parts[:HEAD_CHARACTERS]) + (self.after if whole else b"")
        )

    @cached_property
    def pairs(self) -> frozenset[bytes]:
        """What may stand before a line end inside the value: its first letter, or two neighbours."""
        return frozenset({self.letters[:1], *(bytes(pair) for pair in pairwise(self.letters))})


def forms(value: str) -> tuple[Form, ...]:
    """Every form to look for. A value of several lines is looked for line by line, and as a whole."""
    found: dict[tuple[bytes, ...], Form] = {}
    texts = [*_long_lines(value), value]
    raw = as_bytes(value)
    for form in (*(form for text in texts for form in _as_text(text)), *_as_base64(raw), *_as_hex(raw)):
        found.setdefault(form.parts, form)
    return tuple(found.values())


def _long_lines(value: str) -> tuple[str, ...]:
    # The marker lines of a key are no secret.
    return tuple(
        line for line in value.splitlines() if len(line) >= MIN_LENGTH and not line.startswith("-----")
    )


def _as_text(text: str) -> Iterator[Form]:
    for piece in _pieces(text.strip("\r\n").replace("\r\n", "\n")):
        units = piece[:12].encode("utf-16-be", "surrogatepass").hex()
        spelled = "".join(f"u{units[at : at + 4]}" for at in range(0, len(units), 4))
        # Before one of these a backslash would be left over that makes another escape of what comes next.
        before = rb"\\{0,64}" if piece[0] in "nrtbfu" else b""
        yield Form(
            letters=as_bytes(piece),
            parts=tuple(escaped(character) for character in piece),
            cores=(longest_run(as_bytes(piece)),),
            folded_cores=(folded(spelled.encode()),),
            before=before,
        )


def _as_base64(value: bytes) -> Iterator[Form]:
    """The characters that `value` becomes inside a longer base64 text, at each of three positions."""
    for shift in range(3):
        text = b64encode(b"\0" * shift + value)
        # The first and the last character may also depend on the neighbours: they go with the rest, unread.
        first, end = -(-shift * 8 // 6), (shift + len(value)) * 8 // 6
        pieces = _pieces_of(text[first:end])
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            split = last and (shift + len(value)) % 3
            yield Form(
                letters=piece,
                parts=tuple(base64_character(character) for character in piece),
                cores=(longest_run(piece),),
                before=rb"[A-Za-z0-9+/_-]?" if shift and not number else b"",
                after=JOINT + rb"[A-Za-z0-9+/_-]?" + _PADDING if split else _PADDING if last else b"",
            )


_PADDING = rb"(?:=|%3[dD]|\\{1,64}u003[dD]){0,2}"


def _as_hex(value: bytes) -> Iterator[Form]:
    for piece in _pieces_of(value):
        digits = piece.hex().encode()
        yield Form(
            letters=digits,
            parts=tuple(hex_byte(byte) for byte in piece),
            folded_cores=(digits,),
            joint=_HEX_JOINT,
        )


def _pieces(text: str) -> tuple[str, ...]:
    """Pieces of at most 512 characters; the last one is as long as the others, so that nothing short is left."""
    if len(text) <= PIECE_CHARACTERS:
        return (text,) if len(text) >= MIN_LENGTH else ()
    starts = range(0, len(text) - PIECE_CHARACTERS, PIECE_CHARACTERS)
    return (*(text[at : at + PIECE_CHARACTERS] for at in starts), text[-PIECE_CHARACTERS:])


def _pieces_of(data: bytes) -> tuple[bytes, ...]:
    return tuple(piece.encode("latin-1") for piece in _pieces(data.decode("latin-1")))
