"""What is a find, and what stops no push: a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.redaction.redactor import Redactor
from runner.redaction.scan import Finding, scan_patch, scan_text
from tests.redaction.samples import ALNUM, HEX, TOKENS
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
    "Authorization: Bearer s3cr3t-Tok3n-Value-0123456789": "credential of an Authorization header",
    "headers = {'Authorization': 'Bearer 7c9e6679f3b84a5c8d2e1f0a9b8c7d6e'}": "credential of an Authorization header",
    f'curl -H "authorization: bearer {HEX[:40]}"': "credential of an Authorization header",
    f"Authorization: Basic {ALNUM[:22]}==": "credential of an Authorization header",
    f"refresh_token: {HEX[:24]}": "token",
    "password = 'kT9xLw2qVb7n-Rz4M'": "password",
    "password = 'kT9xLw2q'": "password",
    "password = 'S3cr3tPassw0rd!'": "password",
    "password = 'Tr0ub4dor&3xyz'": "password",
    "password = 'hunter2-correct-horse'": "password",
    '"password": "aB3$dE6!fG9#"': "password",
    "DB_PASSWORD=Sup3rS3cret!2024": "password",
    "passwd: a8f5d9e2b7c4-x": "password",
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
    'password = "changeme"',
    "password = os.environ['DB_PASSWORD_2']",
    'password = "${DB_PASSWORD:-none}"',
    "password = 'Password123!'",
    "password = 'P@ssw0rd123'",
    "password = 'Welcome2024!'",
    "password = 'mypassword123'",
    "password = 'my-password-1'",
    "password = 'auth.form.new2'",
    "password: '#login-Field2-x'",
    'password = "^(?=.*[A-Z])(?=.*[0-9]).{8,}$"',
    'password = "vault://Team9/db-1"',
    "password = 'Test-User-99!x'",
    "password = 'Pick_Your-Own-1'",
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer <token>",
    "Authorization: Bearer ${{ secrets.TOKEN_2 }}",
    "Authorization: Bearer YOUR_API_KEY",
    "Authorization: Bearer your-token-here-1",
    "Authorization: Bearer my-secret-token-12345678",
    "Authorization: Bearer abcdef0123456789abcdef0123456789",
    "Authorization: Bearer mF_9.B5f-4.1JqM",
    "Authorization: Bearer abc123",
    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    "headers = {'Authorization': 'Bearer ' + token}",
    'headers["Authorization"] = f"Bearer {settings.token_2}"',
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


@pytest.mark.parametrize("text", FOUND)
def test_what_stops_a_push_is_hidden_in_a_stream_too(text: str) -> None:
    assert "[redacted:" in Redactor().text(text)


def test_a_credential_in_an_added_line_is_told_with_its_place_only() -> None:
    bearer, password = "7c9e6679f3b84a5c8d2e1f0a9b8c7d6e", "S3cr3tPassw0rd!"
    patch = (
        "diff --git a/notes.md b/notes.md\n--- a/notes.md\n+++ b/notes.md\n@@ -1 +1,3 @@\n one\n"
        f"+Authorization: Bearer {bearer}\n+password = '{password}'\n"
    )

    found = [str(finding) for finding in scan_patch(patch.encode())]

    assert found == ["credential of an Authorization header in notes.md:2", "password in notes.md:3"]
