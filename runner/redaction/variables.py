"""Which environment variables hold a secret, judged by name and value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

MIN_LENGTH = 6
"""Shorter values would be found in innocent text all the time."""

_ALWAYS = re.compile(
    r"(TOKEN|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|ACCESSKEY|PRIVATEKEY)$"
)
"""A word of the name that ends so marks a secret wherever it stands."""
_AT_THE_END = frozenset({"KEY", "KEYS", "AUTH", "PASS", "PWD", "PW", "PAT", "DSN", "TOKENS", "COOKIE"})
"""Words that mark a secret only as the last one: `AUTH_TYPE` and `KEY_LENGTH` hold none."""
_SAYS_OTHERWISE = frozenset(
    {"FILE", "PATH", "DIR", "URL", "URI", "TYPE", "NAME", "TTL", "EXPIRY", "LIMIT", "ID", "HELPER", "STORE"}
)
"""Last words that say the value is about a secret and not one."""
_FOLDERS = frozenset({"PWD", "OLDPWD"})
_WELL_KNOWN = frozenset(
    {"password", "postgres", "secret", "changeme", "default", "example", "disabled", "enabled", "required"}
    | {"undefined", "development", "production", "testing", "localhost", "anonymous"}
)
"""Values that protect nothing, and that stand in half of all code."""


def secret_values(variables: Mapping[str, str]) -> dict[str, str]:
    """Every secret among the variables: value to variable name. Passwords inside URLs count, under any name."""
    found: dict[str, str] = {}
    for name, value in variables.items():
        if looks_secret(name, value):
            found.setdefault(value, name)
        for password in _url_passwords(value):
            found.setdefault(password, name)
    return found


def looks_secret(name: str, value: str) -> bool:
    """Whether the variable holds a secret itself (not the path of one)."""
    return _name_says_secret(name) and not value.startswith("/") and worth_hiding(value)


def worth_hiding(value: str) -> bool:
    return len(value) >= MIN_LENGTH and value.lower() not in _WELL_KNOWN


def _name_says_secret(name: str) -> bool:
    words = [word for word in re.split(r"[^A-Z0-9]+", name.upper()) if word]
    if not words or name in _FOLDERS or words[-1] in _SAYS_OTHERWISE:
        return False
    return words[-1] in _AT_THE_END or any(_ALWAYS.search(word) for word in words)


def _url_passwords(value: str) -> tuple[str, ...]:
    """The password in `scheme://user:password@host`, as written and decoded."""
    if "://" not in value or "@" not in value:
        return ()
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return ()
    return tuple(form for form in dict.fromkeys((password, unquote(password))) if worth_hiding(form))
