"""Binary files as git writes them into a patch: base85, deflated, whole or as a delta; pure."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator

WINDOW_BYTES = 4_000_000
"""Unpacked piece by piece: a small patch may stand for gigabytes."""
OVERLAP_BYTES = 64_000
"""Each piece begins with the end of the one before."""


def unpacked(lines: Iterable[bytes], *, delta: bool) -> Iterator[bytes]:
    """The content; of a delta only what it puts in, because the rest was there before.

    Raises:
        ValueError: it is damaged.
    """
    inserts = _Inserts()
    held = b""
    for data in _inflated(lines):
        held += inserts.feed(data) if delta else data
        while len(held) > WINDOW_BYTES:
            yield held[:WINDOW_BYTES]
            held = held[WINDOW_BYTES - OVERLAP_BYTES :]
    if held:
        yield held


def _inflated(lines: Iterable[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    try:
        for line in lines:
            packed = _line(line)
            while packed:
                yield inflate.decompress(packed, WINDOW_BYTES)
                packed = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise ValueError(f"a binary file in the patch is damaged: {error}") from error


def _line(line: bytes) -> bytes:
    """A letter for the length, then base85."""
    length = line[0] - 64 if line[0] < 97 else line[0] - 70
    return base64.b85decode(line[1:])[:length]


class _Inserts:
    """Reads git's delta: two sizes, then copies (told by their first byte) and inserts of up to 127 bytes each."""

    def __init__(self) -> None:
        self._sizes_left = 2
        self._insert_left = 0
        self._skip = 0

    def feed(self, delta: bytes) -> bytes:
        """The bytes put in by this part of the delta, one after the other."""
        found = bytearray()
        at = 0
        while at < len(delta):
            if self._sizes_left:
                self._sizes_left -= delta[at] < 128
                at += 1
            elif self._skip or self._insert_left:
                end = at + (self._skip or self._insert_left)
                part = delta[at:end]
                if self._skip:
                    self._skip -= len(part)
                else:
                    self._insert_left -= len(part)
                    found += part
                at += len(part)
            else:
                self._begin(delta[at])
                at += 1
        return bytes(found)

    def _begin(self, operation: int) -> None:
        if operation < 128:
            self._insert_left = operation
        else:
            # Each further bit announces one byte of where to copy from, and how much.
            self._skip = (operation & 127).bit_count()
