"""The one line format of the store: a CRC, then tab-separated text fields; no tab or newline inside a field."""

from __future__ import annotations

from zlib import crc32

_CRC_DIGITS = 8


class Damaged(Exception):
    """Bytes that our program cannot have left behind, also not in a crash; the message says where."""


def encode(fields: list[str]) -> bytes:
    """One line, newline included."""
    return seal(joined(fields))


def joined(fields: list[str]) -> bytes:
    """The payload of a line, or a part of one."""
    text = "\t".join(fields)
    # Hardly ever does a field hold one of the four; looking once is several times cheaper than at each field.
    if text.count("\t") >= len(fields) or "\\" in text or "\n" in text or "\r" in text:
        text = "\t".join([_escape(field) for field in fields])
    return text.encode("utf-8", "surrogatepass")


def seal(payload: bytes) -> bytes:
    """A payload (fields already escaped and joined) as one line, newline included."""
    return b"%08x\t%b\n" % (crc32(payload), payload)


def payload_of(line: bytes) -> bytes:
    """What a line (without its newline) says, its CRC checked.

    Raises:
        Damaged: the CRC does not fit.
    """
    payload = line[_CRC_DIGITS + 1 :]
    if line[: _CRC_DIGITS + 1] != b"%08x\t" % crc32(payload):
        raise Damaged("a checksum does not fit")
    return payload


def fields_of(payload: bytes) -> list[str]:
    """The fields of a payload whose CRC fits."""
    texts = payload.decode("utf-8", "surrogatepass").split("\t")
    return [_unescape(text) for text in texts] if b"\\" in payload else texts


def decode(line: bytes) -> list[str]:
    """The fields of a line without its newline. Raises: Damaged."""
    return fields_of(payload_of(line))


def is_whole(line: bytes) -> bool:
    """Whether the line is as it was written."""
    try:
        decode(line)
    except Damaged:
        return False
    return True


def escaped(field: str) -> bytes:
    """A field as it stands between two tabs, to look for it without parsing."""
    return joined([field])


def _escape(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join([part.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r") for part in parts])
