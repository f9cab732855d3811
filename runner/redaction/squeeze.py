"""Text without what escaping, quoting and wrapping put between its letters: where a value is looked for first; pure.

A text is squeezed once, at the speed of C; whatever is not in the squeezed text is not in the text in any writing.
"""

from __future__ import annotations

import re

from runner.redaction.writing import UNSEEN

_DROPPED = b" \t\r\n\x0b\x0c\\'\">|#*+-:%,"
_UNSEEN = re.compile(UNSEEN)
_SIGNS = (b"\x1b[", b"1b[", b"1B[", b"\\033[", b"\\u20", b"\\u00a", b"\\ufe")
_SIGNS_BEYOND_ASCII = (b"\xe2\x80", b"\xe2\x81", b"\xef\xbb\xbf", b"\xc2\xad")
_RUN = re.compile(rb"[A-Za-z0-9]+")


def squeezed(text: bytes) -> bytes:
    """Without what nobody sees, blanks, line ends (escaped ones too), quotation marks, backslashes and line marks."""
    signs = _SIGNS if text.isascii() else (*_SIGNS, *_SIGNS_BEYOND_ASCII)
    if any(sign in text for sign in signs):
        text = _UNSEEN.sub(b"", text)
    # Blanks in their place: `\\n` in front of an r must not leave a `\r` behind.
    return text.replace(b"\\n", b" ").replace(b"\\r", b" ").translate(None, _DROPPED)


def folded(text: bytes) -> bytes:
    """Squeezed text in lower case without x: `\\x6A`, `%6a` and `6A` are the same."""
    return text.lower().translate(None, b"x")


def longest_run(written: bytes) -> bytes:
    """The longest run of letters and digits, which no usual escaping touches; empty if there is none.

    Squeezed text has it wherever `written` stands.
    """
    # A backslash in front of it would take the first letter away with it.
    return max((found.lstrip(b"nr") for found in _RUN.findall(written)), key=len, default=b"")
