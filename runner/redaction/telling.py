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
_MADE_UP = re.compile(
    rb"(?i)test|dummy|fake|sample|mock|(?<![a-z])(?:foo|bar)(?![a-z])"
    # RFC 6749, 6750 and 7617
    rb"|mF_9\.B5f-4\.1JqM|2YotnFZFEjr1zCsicMWpAA|czZCaGRSa3F0Mzpn|QWxhZGRpbj"
)
_FILLER = re.compile(
    rb"(?i)secret|passphrase|passw(?:or)?d|(?<![a-z0-9])p[a@4][s$5]{2}w[o0]rd|token|bearer|value|string|access|admin|super"
    rb"|hunter|qwerty?|abcde?f?g?h?|0?1234?5?6?7?8?9?0?|987654?3?2?1?0?"
)
"""What people type when they make something up; what is left must be random enough by itself."""
_NO_PASSWORD = re.compile(
    rb"[A-Za-z]+\d{0,6}[^A-Za-z0-9]?|(?:[A-Za-z]+\d{0,2}[._/:]+)+[A-Za-z]*\d{0,2}"
    rb"|[#.][A-Za-z]+\d{0,2}(?:[_-][A-Za-z]+\d{0,2})*|\^.*|[^/]*://.*"
)
"""A word with a number behind it, names of code, selectors, patterns, paths, addresses."""
_AROUND_URL = re.compile(
    rb"(?:localhost|127\.0\.0\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|(?:[\w.-]+\.)?(?:example|invalid|test)"
    rb"|(?:[\w.-]+\.)?example\.(?:com|org|net)|db|host|hostname|server|postgres|mysql|redis|mongo|rabbitmq)(?![\w.-])",
    re.IGNORECASE,
)
_PLAIN_PASSWORD = re.compile(rb"(?i)(?:[a-z]+|[a-z]{1,6}\d{1,3}|\d+)")
_SAMPLE_CLAIMS = (b"John Doe", b"example")
_LEAST_RANDOM = 16
_LEAST_PASSWORD = 8


def is_worth_telling(span: Span, text: bytes) -> bool:
    """Whether the secret that stands at `span` in `text` may open something."""
    if span.source == "value":
        return True
    secret = text[span.start : span.end]
    if _EXAMPLE.search(secret) or len(set(secret)) < 5:
        return False
    if span.source == "word":
        if span.kind != "password":
            return looks_random(secret)
        return not _NO_PASSWORD.fullmatch(secret) and (looks_random(secret) or looks_chosen_well(secret))
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
    """Whether nobody typed it: long, of letters and digits mixed all through, also without words of place-holders."""
    rest = _FILLER.sub(b"", secret)
    if len(secret) < _LEAST_RANDOM or len(rest) < _LEAST_PASSWORD or _MADE_UP.search(secret):
        return False
    return len(set(rest)) >= 10 and _changes(rest) >= len(rest) // 4


def looks_chosen_well(password: bytes) -> bool:
    """Whether somebody chose it to protect something: three kinds of characters, the more mixed the shorter it is."""
    rest = _FILLER.sub(b"", password)
    if len(rest) < _LEAST_PASSWORD or _MADE_UP.search(password):
        return False
    mixed = _changes(rest) >= len(rest) // (2 if len(rest) < 10 else 4)
    return mixed and len(set(map(_family, rest))) >= 3


def _changes(text: bytes) -> int:
    """How often a character is of another kind than the one before it."""
    return sum(_family(a) != _family(b) for a, b in pairwise(text))


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
