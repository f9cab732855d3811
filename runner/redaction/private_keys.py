"""Private keys as text: a begin line, lines of base64, an end line; the lines may be escaped inside JSON.

Decided token by token from the front, so that a key is read once however long it is.
"""

from __future__ import annotations

import re

LOOKAHEAD_BYTES = 1024
"""More than any one decision below looks at."""
START_BYTES = 4 * LOOKAHEAD_BYTES
"""What must be seen behind a begin line to tell whether a key follows."""

HINTS = (b"PRIVATE KEY", b"PuTTY-User", b"Static key")
"""Words without which there is no begin line."""

_NAME = rb"(?:[A-Z0-9][\w .-]{0,40})?(?:PRIVATE KEY(?: BLOCK)?|Static key V\d)"
BEGIN = re.compile(rb"-{4,5} ?BEGIN " + _NAME + rb" ?-{4,5}|PuTTY-User-Key-File-[23]:[ \w-]{0,40}")

_NEWLINE = rb"(?:\r?\n|(?:\\{1,16}r)?\\{1,16}n)"
_GAP = rb"(?:[ \t]{0,64}" + _NEWLINE + rb"){0,4}[ \t]{0,64}"
# Before the text of a line: a quotation or diff mark, or a line number as tools print it.
_MARK = rb"(?:[>|#*+-]|\d{1,6}(?:\t|\xe2\x86\x92|\\{1,16}(?:t|u2192)|:)|[ \t]){0,4}"
_HEADER = (
    rb"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject|Encryption|Public-Lines|Private-Lines|Private-MAC"
    rb"|Key-Derivation|Argon2-[A-Za-z]{1,20}):[^\n\\\"]{0,200}"
)
_ANY_HEADER = rb"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t][^\n\\\"]{0,200}"
"""Of any name, as long as the key itself has not begun."""
_LONG = re.compile(_GAP + _MARK + rb"[A-Za-z0-9+/=]{16,}")
_END_LINE = rb"-{4,5} ?END " + _NAME + rb" ?-{4,5}"
_SHORT = rb"[A-Za-z0-9+/=]{1,15}"


def _other(header: bytes) -> re.Pattern[bytes]:
    # The last line of a key may be short; then it has the line for itself or stands before the end line.
    return re.compile(
        rb"(?:" + _GAP + _NEWLINE + rb"[ \t]{0,16}" + _MARK
        + rb"(?:" + header + rb"|" + _SHORT + rb"(?=[ \t]{0,8}(?:" + _NEWLINE + rb"|[\"'`]|\Z)))"
        + rb"|" + _GAP + _SHORT + rb"(?=" + _GAP + _END_LINE + rb"))"
    )  # fmt: skip


_OTHER, _BEFORE = _other(_HEADER), _other(_ANY_HEADER)
_END = re.compile(_GAP + _MARK + _END_LINE)
_RUN = re.compile(rb"[A-Za-z0-9+/=]*")
_START = re.compile(rb"(?:" + _BEFORE.pattern + rb"){0,8}" + _LONG.pattern)


def has_body(text: bytes, at: int) -> bool:
    """Whether a key follows the begin line that ends at `at`; code and manuals mention the line alone."""
    return _START.match(text, at, at + START_BYTES) is not None


class KeyBlock:
    """Eats one private key, from behind its begin line to its end line or to the first text that is no key."""

    def __init__(self) -> None:
        self._inside_run = False
        self._begun = False

    def eat(self, text: bytes, at: int, *, final: bool) -> tuple[int, bool]:
        """Returns how far it got, and whether the key is over. Not `final`: more text may come."""
        while True:
            if self._inside_run:
                at = _RUN.match(text, at).end()  # type: ignore[union-attr]  # matches the empty text too
                if at == len(text) and not final:
                    return at, False
                self._inside_run = False
            if len(text) - at < LOOKAHEAD_BYTES and not final:
                return at, False
            if end := _END.match(text, at):
                return end.end(), True
            long = _LONG.match(text, at)
            token = long or (_OTHER if self._begun else _BEFORE).match(text, at)
            if token is None:
                return at, True
            at = token.end()
            self._inside_run = long is not None
            self._begun = self._begun or self._inside_run
