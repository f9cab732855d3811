"""Secrets that are known by the word before them: `Authorization: Bearer …`, `password=…`, `?access_token=…`.

A word is weak evidence, and prompts are redacted too: code that only handles a password must stay readable. So what
looks like code, a type, a label or a place-holder is left alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Assignment(NamedTuple):
    """One row: what is found, how it begins in lower case, its pattern, the secret's group, and what is none."""

    kind: str
    anchors: str
    pattern: bytes
    group: int
    harmless: re.Pattern[bytes]


_WORDS = (
    rb"(?:x+|y+|\.+|-+|\?+|pass(?:word|wd|phrase)?\d?|pw\d?|pwd|secret|tokens?|key|changeme|change[_-]me|redacted|example"
    rb"|placeholder|str|string|text|bytes|bool(?:ean)?|int(?:eger)?|number|object|any|null|nil|none|undefined|true|false"
    rb"|required|optional|hidden|input|field|label|self|this|user|username|todo|empty|test|fake|dummy|files|value)"
)
_PLACE_HOLDER = rb"[{$<%\[*(&@]|:|realm=|.{1,3}$|" + _WORDS + rb"[)\]};,.:]*$|[^\r\n]*(?:\$\{|\{\{|%\()"
_PART = rb"(?:[a-z]{1,15}|[A-Z][a-z]{1,15}|[A-Z]{1,15})"
_PLAIN_WORDS = _PART + rb"(?:[_. -]" + _PART + rb")*$"
# Names of code: letters, perhaps a number behind; with a number a second word must be there, `hunter2` is a password.
_NAME = rb"[A-Za-z_]+(?:\.[A-Za-z_]+)*$|(?:[A-Za-z]+\d?[_.]+)+[A-Za-z]*\d?$|(?:pass|pw|new|old)[A-Za-z]*\d?$|\d{1,3}$"

HARMLESS_PASSWORD = re.compile(_PLACE_HOLDER, re.IGNORECASE)
_HARMLESS_QUOTED = re.compile(rb"(?i:" + _PLACE_HOLDER + rb")|[A-Z][a-z]{2,20}$|[./]")
_HARMLESS_BARE = re.compile(rb"(?i:" + _PLACE_HOLDER + rb")|[./~]|" + _NAME)
_HARMLESS_VARIABLE = re.compile(rb"(?i:" + _PLACE_HOLDER + rb")|[./~]")
_HARMLESS_CREDENTIAL = re.compile(rb"(?i:" + _PLACE_HOLDER + rb")|" + _PLAIN_WORDS + rb"|" + _NAME)
_HARMLESS_BASIC = re.compile(rb"(?i:" + _PLACE_HOLDER + rb")|[A-Za-z]?[a-z]+$|[A-Z]+$")

_QUOTES = rb"[\\\"']{0,66}"
_IS = (
    _QUOTES
    + rb"\]?[ \t]{0,8}(?::[ \t]{0,4}[A-Za-z][\w.|\[\] ]{0,40}?[ \t]{0,4})?(?::=|=>|[:=])(?![=>:])[ \t]{0,8}"
)
_QUOTED = rb"[bruf]{0,2}(\\{0,64}[\"'])([^\s]{4,256}?)(?<!\\)\1"
_BARE = rb"([^\s\"'`\\,;&|(){}\[\]<>]{4,256})(?![\w.(\[])"
_PASSWORD = rb"(?i:assword|asswd|assphrase|pwd)"
_PASSWORDS = "assword asswd assphrase pwd"
_CREDENTIAL = rb"([A-Za-z0-9._~+/=:%-]{6,4096})"
_RANDOM = (
    rb"(?=[A-Za-z._~+/%=-]{0,64}\d)(?=[\d._~+/%=-]{0,64}[A-Za-z])([A-Za-z0-9._~+/%=-]{16,512})"
    rb"(?![A-Za-z0-9._~+/%=(\[-])"
)
_SECRET = rb"(?i:oken|ecret|pi[_-]?key)"
_SECRETS = "oken ecret pi_key pikey pi-key"
_IN_QUERY = rb"(?:(?<=[?&;#])|(?<=u0026)|" + b"|".join(
    rb"(?<=[?&;#]" + word + rb")"
    for word in b"access_ auth_ private_ refresh_ id_ api_ client_ X-Amz- X-Amz-Security-".split()
) + rb")"  # fmt: skip
_QUERY_VALUE = rb"([^\s&;#\"'`<>\\)\]},]{6,2048})"

ASSIGNMENTS = (
    # RFC 7235: a header, also as a member of JSON or a dictionary, or an option of curl
    Assignment(
        "authorization",
        "uthorization",
        rb"(?i:uthorization)" + _QUOTES + rb"[ \t]{0,8}[:=,][ \t]{0,8}" + _QUOTES
        + rb"(?i:bearer|token|apikey|api-key|key|bot|oauth|negotiate|ntlm|aws4-hmac-sha256)[ \t]{1,4}" + _CREDENTIAL,
        1,
        _HARMLESS_CREDENTIAL,
    ),
    Assignment(
        "authorization",
        "uthorization",
        rb"(?i:uthorization)" + _QUOTES + rb"[ \t]{0,8}[:=,][ \t]{0,8}" + _QUOTES + rb"(?i:basic)[ \t]{1,4}"
        + rb"([A-Za-z0-9+/_-]{6,4096}(?:=|%3[dD]){0,2})",
        1,
        _HARMLESS_BASIC,
    ),
    Assignment(
        "authorization",
        "uthorization",
        rb"(?i:uthorization)" + _QUOTES + rb"[ \t]{0,8}[:=][ \t]{0,8}" + _QUOTES + _RANDOM,
        1,
        _HARMLESS_CREDENTIAL,
    ),
    Assignment("authorization", "earer", rb"(?i:earer)[ \t]{1,4}" + _RANDOM, 1, _HARMLESS_CREDENTIAL),
    Assignment("password", _PASSWORDS, _PASSWORD + _IS + _QUOTED, 2, _HARMLESS_QUOTED),
    Assignment("password", _PASSWORDS, _PASSWORD + _IS + _BARE, 1, _HARMLESS_BARE),
    # A shell or a `.env` file: capitals, no blanks
    Assignment("password", _PASSWORDS, rb"[A-Z]+=" + _BARE, 1, _HARMLESS_VARIABLE),
    Assignment("password", _PASSWORDS, rb"[A-Z]+=\\{0,64}[\"']([^\"'\\\r\n]{4,256})", 1, _HARMLESS_VARIABLE),
    # ODBC and JDBC; a query; the words of libpq
    Assignment(
        "password", _PASSWORDS,
        rb"(?:(?<=[;?&][Pp])|(?<=[;?&]))" + _PASSWORD + rb"=([^\s;&\"'\\]{1,256})", 1, HARMLESS_PASSWORD,
    ),
    Assignment(
        "password", "assword",
        rb"assword=([^\s\"'\\]{4,256})(?=[ \t]{1,4}(?:host|hostaddr|port|dbname|user|sslmode)=)", 1, HARMLESS_PASSWORD,
    ),
    Assignment("password", "assword asswd", rb"(?:(?<=--p)|(?<=<p))assw(?:or)?d[ =>]([^\s\"'<>=$-][^\s\"'<>]{3,256})",
               1, _HARMLESS_BARE),
    Assignment("token", _SECRETS, _SECRET + _IS + rb"[\\\"']{0,64}" + _RANDOM, 1, _HARMLESS_CREDENTIAL),
    Assignment("token", "token= secret= key= sig= signature=",
               _IN_QUERY + rb"(?i:token|secret|key|sig|signature)=" + _QUERY_VALUE, 1, HARMLESS_PASSWORD),
)  # fmt: skip
