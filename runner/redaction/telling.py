"""Which finds are worth stopping a push for: not the examples of manuals, place-holders and local passwords; pure."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import pairwise

from runner.redaction.needles import Span

_EXAMPLE = re.compile(
    rb"(?i)example|redacted|x{5,}|0{6,}|\*{4,}|\.{3,}|placeholder|your[_-]|changeme|<[^>]*>"
)
"""Manuals mark their keys so: AKIAIOSFODNN7EXAMPLE opens nothing."""
_SOUNDS_MADE_UP = re.compile(
    rb"(?i)test|dummy|fake|sample|mock|secret|passw|token|abcd|1234|qwert|foo|bar|hunter"
)
_AROUND_URL = re.compile(
    rb"(?:localhost|127\.0\.0\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|(?:[\w.-]+\.)?(?:example|invalid|test)"
    rb"|(?:[\w.-]+\.)?example\.(?:com|org|net)|db|host|hostname|server|postgres|mysql|redis|mongo|rabbitmq)(?![\w.-])",
    re.IGNORECASE,
)
_PLAIN_PASSWORD = re.compile(rb"(?i)(?:[a-z]+|[a-z]{1,6}\d{1,3}|\d+)")
_SAMPLE_CLAIMS = (b"John Doe", b"example")
_LEAST_RANDOM = 16


def is_worth_telling(span: Span, text: bytes) -> bool:
    """Whether the secret that stands at `span` in `text` may open something."""
    if span.source == "value":
        return True
    secret = text[span.start : span.end]
    if _EXAMPLE.search(secret) or len(set(secret)) < 5:
        return False
    if span.source == "word":
        return looks_random(secret)
    if span.kind == "url-password":
        return not (
            _AROUND_URL.match(text, span.end + 1) or _is_user(text, span) or _PLAIN_PASSWORD.fullmatch(secret)
        )
    if span.kind == "json-web-token":
        return not any(claim in _claims(secret) for claim in _SAMPLE_CLAIMS)
    if span.kind == "discord-token":
        # Three long words with dots between them have this shape, too.
        return all(any(c in b"0123456789" for c in part) for part in secret.split(b"."))
    return True


def looks_random(secret: bytes) -> bool:
    """Whether nobody typed it: long, of letters and digits mixed all through, without a word of place-holders."""
    if len(secret) < _LEAST_RANDOM or _SOUNDS_MADE_UP.search(secret) or len(set(secret)) < 10:
        return False
    changes = sum(_family(a) != _family(b) for a, b in pairwise(secret))
    return changes >= len(secret) // 4


def _family(byte: int) -> str:
    letter = chr(byte)
    return (
        "digit"
        if letter.isdigit()
        else "capital"
        if letter.isupper()
        else "small"
        if letter.islower()
        else "other"
    )


def _is_user(text: bytes, span: Span) -> bool:
    """`postgres://postgres:postgres@...`"""
    secret = text[span.start : span.end]
    return text[: span.start - 1].endswith((b"/" + secret, b":" + secret))


def _claims(token: bytes) -> bytes:
    body = token.split(b".")[1] if b"." in token else b""
    try:
        return base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""
