"""Tokens of every known shape, made up; joined at run time so that no scanner takes this file for a leak."""

from __future__ import annotations

import base64

ALNUM = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7jKl0nOp3rSt6vWx9zAb2cDe5gHi8k" * 4
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 4


def _token(*parts: str) -> str:
    return "".join(parts)


def _web(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


TOKENS: dict[str, tuple[str, str]] = {
    "aws": ("aws-key", _token("AK", "IA", "QWERTYUIOP123456")),
    "azure": ("azure-storage-key", _token("Account", "Key=", ALNUM[:86], "==")),
    "discord": ("discord-token", _token("M", ALNUM[:23], ".", ALNUM[:6], ".", ALNUM[:27])),
    "github classic": ("github-token", _token("gh", "p_", ALNUM[:36])),
    "github app": ("github-token", _token("gh", "s_", ALNUM[:36])),
    "github fine": ("github-token", _token("github", "_pat_", ALNUM[:22], "_", ALNUM[:59])),
    "gitlab": ("gitlab-token", _token("gl", "pat-", ALNUM[:20])),
    "gitlab long": ("gitlab-token", _token("gl", "pat-", ALNUM[:60], ".01.", ALNUM[:9])),
    "gitlab runner": ("gitlab-token", _token("GR", "1348941", ALNUM[:20])),
    "json web token": (
        "json-web-token",
        _token(_web('{"alg":"HS256"}'), ".", _web('{"sub":"1234567890"}'), ".", ALNUM[:43]),
    ),
    "openai old": ("openai-key", _token("sk", "-", ALNUM[:20], "T3Blbk", "FJ", ALNUM[:20])),
    "openai project": ("openai-key", _token("sk", "-proj-", ALNUM[:90])),
    "anthropic": ("anthropic-key", _token("sk", "-ant-api03-", ALNUM[:93], "-AA")),
    "pypi": ("pypi-token", _token("py", "pi-AgEIcHlwaS5vcmc", ALNUM[:80])),
    "sendgrid": ("sendgrid-key", _token("S", "G.", ALNUM[:22], ".", ALNUM[:43])),
    "slack bot": ("slack-token", _token("xo", "xb-123456789012-123456789012-", ALNUM[:24])),
    "slack app": ("slack-token", _token("xa", "pp-1-A0123456789-1234567890123-", HEX[:64])),
    "slack hook": ("slack-token", _token("https://hooks.slack", ".com/services/T0001/B0001/", ALNUM[:24])),
    "square": ("square-secret", _token("sq0", "csp-", ALNUM[:43])),
    "stripe": ("stripe-key", _token("sk", "_live_", ALNUM[:24])),
    "stripe long": ("stripe-key", _token("rk", "_live_", ALNUM[:99])),
    "stripe test": ("stripe-key", _token("sk", "_test_", ALNUM[:24])),
    "telegram": ("telegram-token", _token("123456789", ":", ALNUM[:35])),
    "twilio": ("twilio-key", _token("S", "K", HEX[:32])),
    "npm": ("npm-token", _token("np", "m_", ALNUM[:36])),
    "google": ("google-key", _token("AI", "za", ALNUM[:35])),
    "google oauth": ("google-token", _token("ya", "29.", ALNUM[:120])),
    "google secret": ("google-secret", _token("GOC", "SPX-", ALNUM[:28])),
    "hugging face": ("huggingface-token", _token("h", "f_", ALNUM[:34])),
    "digital ocean": ("digitalocean-token", _token("dop", "_v1_", HEX[:64])),
    "vault": ("vault-token", _token("hv", "s.", ALNUM[:90])),
    "docker": ("docker-token", _token("dckr", "_pat_", ALNUM[:27])),
    "shopify": ("shopify-token", _token("shp", "at_", HEX[:32])),
    "age": ("age-key", _token("AGE-SECRET", "-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2)[:74]),
}
"""Name of the sample to (kind, token)."""

WITHIN: dict[str, tuple[str, str, str]] = {
    "url": ("url-password", "s3cr3t.pa$$", "https://x-access-token:s3cr3t.pa$$@github.com/o/r.git"),
    "url without user": ("url-password", "s3cr3tpass", "redis://:s3cr3tpass@localhost:6379/0"),
    "npmrc": ("npm-token", "00000000-1111-2222", "//registry.example.org/:_authToken=00000000-1111-2222"),
    "aws file": ("aws-secret-key", ALNUM[:38] + "/+", f"aws_secret_access_key = {ALNUM[:38]}/+"),
    "aws json": ("aws-secret-key", ALNUM[:40], f'{{"SecretAccessKey": "{ALNUM[:40]}"}}'),
}
"""Name of the sample to (kind, secret, text around it)."""


def private_key(label: str = "RSA ", *, lines: int = 12) -> str:
    body = "\n".join(ALNUM[::-1][number % 60 :][:64] for number in range(lines))
    return _token(
        "-----BEGIN ", label, "PRIVATE", f" KEY-----\n{body}\nAb==\n-----END ", label, "PRIVATE", " KEY-----"
    )


def key_lines(text: str) -> list[str]:
    """The lines of a key that must not be seen."""
    return [line for line in text.splitlines() if not line.startswith("-----") and len(line) > 15]
