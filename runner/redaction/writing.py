"""How one character of a secret may be written: as it is, escaped for JSON, URL, shell, HTML or Python; pure.

Each function returns the source of a pattern over bytes.
"""

from __future__ import annotations

import re
from functools import cache
from html.entities import codepoint2name

_SLASHES = rb"\\\\{0,63}"
"""Backslashes: one, or as many as text gets that is escaped again and again."""
_NEWLINE = rb"(?:\r?\n|(?:\\{1,64}r)?\\{1,64}n)"
_MARK = rb"[ \t]{0,64}(?:[>|#*+-]{1,3}[ \t]{0,8})?"
"""What a line may begin with before its text goes on: indentation, a quotation, comment or diff mark."""
WRAP = rb"[ \t]{0,16}\\?" + _NEWLINE + _MARK
"""Where a line ends in the middle of a value and the value goes on in the next one."""
_COLOUR = rb"\[[0-9;?]{0,16}[A-Za-z]"
UNSEEN = (
    # Each choice begins with a letter of its own: so `re` finds the next one many times faster.
    rb"(?:\x1b" + _COLOUR + rb"|\\\\{0,63}(?:(?:u001[bB]|x1[bB]|033)" + _COLOUR
    + rb"|u(?:200[bBc-fC-F]|202[a-eA-E]|206[0-9a-fA-F]|[fF][eE][fF][fF]|00[aA][dD]))"
    rb"|\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])|\xef\xbb\xbf|\xc2\xad)"
)  # fmt: skip
"""What a terminal does not show: colours, such as `grep --color` puts inside a word, and characters without width."""
BREAK = UNSEEN + b"{0,8}" + WRAP + b"(?:" + UNSEEN + rb"[ \t]{0,64}){0,8}"
JOINT = b"(?:" + BREAK + b"|" + UNSEEN + b"{1,8})?"
"""What may stand between two characters of a value."""
LONGEST_CHARACTER = 20
"""More bytes than one character takes in any writing that is worth counting on."""
WRAP_ROOM = 64
"""What a find may be longer for every 16 characters, for the line ends in it."""


@cache
def escaped(character: str) -> bytes:
    """One character of a value in plain text or under any usual escaping."""
    raw = as_bytes(character)
    if character == "\n":
        return b"(?:" + WRAP + rb"|%0[dD]%0[aA]|%0[aA]|" + _SLASHES + rb"u000[aA])"
    choices = [re.escape(raw), *_by_byte(raw), *_by_unit(character)]
    if len(raw) > 1 or raw >= b"\x80":
        choices.append(re.escape(character.encode("utf-8", "surrogatepass")))
        choices.append(b"".join(_SLASHES + b"0?%03o" % byte for byte in raw))
    elif not character.isalnum():
        choices += _punctuation(character, raw)
    return b"(?:" + b"|".join(dict.fromkeys(choices)) + b")"


@cache
def base64_character(character: int) -> bytes:
    """One character of base64, in either alphabet, also escaped for JSON or a URL."""
    if character in b"+-":
        return rb"(?:\+|-|%2[bB]|" + _SLASHES + rb"u002[bB])"
    if character in b"/_":
        return rb"(?:/|_|%2[fF]|" + _SLASHES + rb"(?:/|u002[fF]))"
    return bytes([character])


@cache
def hex_byte(byte: int) -> bytes:
    """One byte as two digits, also as `\\x61` or `%61`."""
    return rb"(?:" + _SLASHES + rb"x|%)?" + _digits(b"%02x" % byte)


def as_bytes(text: str) -> bytes:
    """As the environment gave them; a surrogate that no environment gives is written as it is."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _by_byte(raw: bytes) -> tuple[bytes, ...]:
    """`%2F` (or `%252F`) and `\\x2f` for each byte."""
    return (
        b"".join(b"%(?:25){0,3}" + _digits(b"%02x" % byte) for byte in raw),
        b"".join(_SLASHES + b"x" + _digits(b"%02x" % byte) for byte in raw),
    )


def _by_unit(character: str) -> tuple[bytes, ...]:
    """`\\u00e9`, a pair of them, or `\\U0001f600`."""
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex().encode() for at in range(0, len(units), 2))
    small = b"".join(_SLASHES + b"u" + _digits(pair) for pair in pairs)
    return (small,) if ord(character) < 0x10000 else (small, _SLASHES + b"U%08x" % ord(character))


def _punctuation(character: str, raw: bytes) -> tuple[bytes, ...]:
    plain, code = re.escape(raw), ord(character)
    choices = [_SLASHES + plain, b"&#(?:0{0,4}%d|[xX]0{0,4}" % code + _digits(b"%x" % code) + b");"]
    choices.append(_SLASHES + b"0?%03o" % code)
    if name := codepoint2name.get(code, "apos" if character == "'" else ""):
        choices.append(b"&%s;" % name.encode())
    if character == "'":
        choices += [rb"'" + _SLASHES + rb"''", rb"'\\{0,64}\"'\\{0,64}\"'"]
    if character == " ":
        choices += [rb"\+", rb"\t", WRAP]
    return tuple(choices)


def _digits(digits: bytes) -> bytes:
    """Hexadecimal digits in either case."""
    return b"".join(
        b"[%c%c]" % (digit, digit - 32) if digit >= 97 else bytes([digit]) for digit in digits.lower()
    )
