"""Private keys go as a whole, however they are written down; talk about keys stays."""

from __future__ import annotations

import json
import textwrap

import pytest

from runner.redaction.redactor import Redactor
from tests.redaction.samples import ALNUM, key_lines, private_key

redactor = Redactor()
GONE = "[redacted:private-key]"


@pytest.mark.parametrize(
    "label", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "], ids=lambda label: label.strip() or "plain"
)
def test_every_kind_of_key_goes_as_a_whole(label: str) -> None:
    assert redactor.text(f"a\n{private_key(label)}\nb\n") == f"a\n{GONE}\nb\n"


def numbered(key: str) -> str:
    return "\n".join(f"{number:6}\u2192{line}" for number, line in enumerate(key.splitlines(), 1))


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (lambda key: json.dumps({"k": key}), f'{{"k": "{GONE}"}}'),
        (lambda key: json.dumps({"k": json.dumps([key])}), f'{{"k": "[\\"{GONE}\\"]"}}'),
        (lambda key: key.replace("\n", "\r\n"), GONE),
        (lambda key: textwrap.indent(key, "    "), f"    {GONE}"),
        (lambda key: textwrap.indent(key, "> "), f"> {GONE}"),
        (lambda key: textwrap.indent(key, "+"), f"+{GONE}"),
        (lambda key: textwrap.indent(key, "-"), None),
        (numbered, f"     1\u2192{GONE}"),
        (lambda key: json.dumps(numbered(key)), None),
        (lambda key: key.replace("\n", " "), GONE),
        (lambda key: key.replace("\n", ""), GONE),
        (lambda key: f'"{key}"', f'"{GONE}"'),
    ],
)
def test_a_key_is_found_however_it_is_written_down(written: object, left: str | None) -> None:
    assert callable(written)
    key = private_key()

    out = redactor.text(f"before\n{written(key)}\nafter")

    assert not any(line in out for line in key_lines(key))
    assert out.startswith("before\n")
    assert out.endswith("\nafter")
    assert out.count(GONE) == 1
    if left is not None:
        assert out == f"before\n{left}\nafter"


def test_headers_inside_a_key_go_with_it() -> None:
    head, _, rest = private_key().partition("\n")
    key = f"{head}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F1E2D3C\n\n{rest}"

    assert redactor.text(f"a {key} b") == f"a {GONE} b"


def test_a_pgp_block_and_a_putty_file_are_keys_too() -> None:
    pgp = (
        private_key("PGP ")
        .replace("KEY-----", "KEY BLOCK-----")
        .replace("KEY BLOCK-----\n", "KEY BLOCK-----\nVersion: 1\n\n", 1)
    )
    putty = f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: ada\nPublic-Lines: 1\n{ALNUM[:64]}\n" \
            f"Private-Lines: 1\n{ALNUM[:48]}\nPrivate-MAC: {'0f' * 20}"  # fmt: skip

    assert redactor.text(pgp + "\nb") == f"{GONE}\nb"
    assert redactor.text(putty + "\n\nnext: text") == f"{GONE}\n\nnext: text"


def test_the_head_of_a_key_alone_is_hidden_as_far_as_it_goes() -> None:
    torn = "\n".join(private_key().splitlines()[:5])

    assert redactor.text(f"{torn}\n$ ls -la\n") == f"{GONE}\n$ ls -la\n"


def test_two_keys_are_two() -> None:
    assert redactor.text(f"{private_key()}\nand\n{private_key('EC ')}") == f"{GONE}\nand\n{GONE}"


@pytest.mark.parametrize(
    "text",
    [
        'if "-----BEGIN RSA PRIVATE KEY-----" in text:',
        "Paste it from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----.",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIBADANBgkqhkiG9w0BAQUFADAAMB4XDTE\n-----END CERTIFICATE-----",
        "the PRIVATE KEY of PuTTY-User files",
    ],
)
def test_talk_about_keys_stays(text: str) -> None:
    assert redactor.text(text) == text
    assert redactor.spans(text.encode()) == ()


def test_a_token_right_before_a_key_does_not_hide_it() -> None:
    token = "gh" + "p_" + ALNUM[:36]

    assert redactor.text(f"{token}{private_key()}") == f"[redacted:github-token]{GONE}"
