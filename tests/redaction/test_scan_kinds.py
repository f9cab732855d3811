"""What is a find, and what stops no push: a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.redaction.redactor import Redactor
from runner.redaction.scan import Finding, scan_patch, scan_text
from tests.redaction.samples import ALNUM, TOKENS
from tests.redaction.writings import PLAIN

KNOWN = Redactor({"DEPLOY_TOKEN": PLAIN})
GITHUB = TOKENS["github classic"][1]


def test_nothing_is_found_in_nothing() -> None:
    assert scan_patch(b"") == ()
    assert scan_text("", path="body") == ()


def test_a_text_is_looked_through_with_its_lines() -> None:
    text = f"## Summary\n\nused {PLAIN} and\n{GITHUB}, {GITHUB}\n"

    found = scan_text(text, path="the pull request", redactor=KNOWN)

    assert list(map(str, found)) == [
        "value of DEPLOY_TOKEN in the pull request:3",
        "github token in the pull request:4",
    ]
    assert isinstance(found[0], Finding)


FOUND = {
    "postgres://ada:kT9x-Lw2q@db.acme.io/x": "password in a URL",
    f"Authorization: Bearer {ALNUM[:30]}": "credential of an Authorization header",
    f"api_key = '{ALNUM[:24]}'": "token",
    "password = 'kT9xLw2qVb7n-Rz4M'": "password",
}
INNOCENT = (
    "AKIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ghp_" + "x" * 36,
    "ghp_" + "0" * 36,
    "sk-ant-your-api-key-goes-here-instead",
    "postgres://postgres:postgres@localhost:5432/app",
    "postgres://app:kT9x-Lw2q@localhost/app",
    "redis://:kT9x-Lw2q@127.0.0.1:6379",
    "https://ada:kT9x-Lw2q@api.example.com/",
    "mysql://root:root@mysql.acme.io/app",
    "amqp://guest:guest@mq.acme.io",
    "postgres://user:hunter2@db.acme.io",
    "password = 'hunter2'",
    "password='correct-horse-battery-staple'",
    "PASSWORD=swordfish",
    "token = 'test-token-1234567890abcdef'",
    "Authorization: Basic dXNlcjpwYXNz",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "MyVeryLongClassNameForTest.object.some_function_name_of_27_c",
    'resolved "https://registry.example.org/x/-/x-1.0.0.tgz#0f1e2d3c4b5a69788796a5b4c3d2e1f012345678"',
    '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
    '    {file = "x-1.0.whl", hash = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"},',
    "golang.org/x/net v0.1.0 h1:hZ/3BUoy5aId7sCpA/Tc5lt8DkFgdVS2onTpJsZ/fl0=",
    'uuid = "550e8400-e29b-41d4-a716-446655440000"',
    "sha256 = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIBADANBgkqhkiG9w0BAQUFADAAMB4XDTE\n-----END CERTIFICATE-----",
    'if "-----BEGIN RSA PRIVATE KEY-----" in text:',
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "password = get_password()",
)


@pytest.mark.parametrize("text", FOUND)
def test_what_opens_something_is_found(text: str) -> None:
    assert [finding.kind for finding in scan_text(text, path="x")] == [FOUND[text]]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_opens_nothing_stops_no_push(text: str) -> None:
    assert scan_text(f"a\n{text}\nb\n", path="x") == ()


def test_our_own_source_stops_no_push() -> None:
    top = Path(__file__).parents[2]
    files = [*top.glob("runner/**/*.py"), *top.glob("docs/*.md"), *top.glob("prompts/*"), top / "README.md"]

    found = [finding for file in files for finding in scan_text(file.read_text(), path=str(file))]

    assert list(map(str, found)) == []
