"""Text without what escaping, quoting and wrapping put between its letters: where a value is looked for first; pure.

A text is squeezed once, at the speed of C; whatever is not in the squeezed text is not in the text in any writing.
"""

from __future__ import annotations

import re

_DROPPED = b" \t\r\n\x0b\x0c\\'\">|#*+-:%,"
_RUN = re.compile(rb"[A-Za-z0-9]+")


def squeezed(text: bytes) -> bytes:
    """Without blanks, line ends (escaped ones too), quotation marks, backslashes and line marks."""
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
