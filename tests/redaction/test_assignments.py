"""Secrets that are known by the word before them go; code, types, labels and place-holders stay."""

from __future__ import annotations

import json

import pytest

from runner.redaction.redactor import Redactor

redactor = Redactor()

HIDDEN = {
    "Authorization: Bearer s3cr3t-T0ken.value": "s3cr3t-T0ken.value",
    "authorization: bearer abcDEF123456": "abcDEF123456",
    "Proxy-Authorization: Basic dXNlcjpwYXNz": "dXNlcjpwYXNz",
    "Authorization: Basic YWRtaW46c3dvcmRmaXNo==": "YWRtaW46c3dvcmRmaXNo==",
    'curl -H "Authorization: token 0f1e2d3c4b5a" https://h': "0f1e2d3c4b5a",
    "{'Authorization': 'Bearer abc123def456'}": "abc123def456",
    '{"authorization": "0f1e2d3c4b5a69788796"}': "0f1e2d3c4b5a69788796",
    "-H 'Authorization:Bearer aaaaBBBB1111.cc_dd-ee'": "aaaaBBBB1111.cc_dd-ee",
    "the header said Bearer 4f1e2d3c4b5a69788796xyz": "4f1e2d3c4b5a69788796xyz",
    "password=hunter2": "hunter2",
    "password: s3cret!": "s3cret!",
    "Password = Tr0ub4dor&3": "Tr0ub4dor",
    "passwd: swordfish9": "swordfish9",
    "pwd=Pa55w0rd": "Pa55w0rd",
    "Server=db;Uid=sa;Pwd=swordfish;Encrypt=yes": "swordfish",
    "jdbc:mysql://h/d?user=u&password=swordfish&x=1": "swordfish",
    "host=h user=u password=swordfish dbname=d": "swordfish",
    "PGPASSWORD=swordfish psql -h h": "swordfish",
    'export DB_PASSWORD="sword fish"': "sword fish",
    "MYSQL_PWD=swordfish": "swordfish",
    'password = "swordfish"': "swordfish",
    "config['password'] = 'swordfish'": "swordfish",
    'PASSWORD: str = "swordfish"': "swordfish",
    '"password": "sw\\"ordfish1"': 'sw\\"ordfish1',
    "'password' => 'swordfish'": "swordfish",
    "<password>sword1fish</password>": "sword1fish",
    "mysql --password sword1fish db": "sword1fish",
    "passphrase: c0rrecthorse": "c0rrecthorse",
    "https://h/a?access_token=abcdefgh&x=1": "abcdefgh",
    "https://h/a?x=1&token=abcdefgh#top": "abcdefgh",
    "https://h/a?api_key=k3yk3yk3y": "k3yk3yk3y",
    "https://h/b?X-Amz-Signature=0f1e2d3c4b5a": "0f1e2d3c4b5a",
    "https://h/b?sv=1&sig=abc%2Fdef%3D": "abc%2Fdef%3D",
    '{"access_token": "0f1e2d3c4b5a69788796", "expires_in": 3600}': "0f1e2d3c4b5a69788796",
    "CLIENT_SECRET=0f1e2d3c4b5a69788796": "0f1e2d3c4b5a69788796",
    'api_key = "0f1e2d3c-4b5a-6978-8796"': "0f1e2d3c-4b5a-6978-8796",
    "postgres://ada:sw0rd@fish@db.local:5432/x": "sw0rd@fish",
    "see amqp://ada:sw0rdfish@mq/ for more": "sw0rdfish",
    "mongodb+srv://ada:sw0rdfish@cluster.x.net": "sw0rdfish",
}
"""Text to the secret in it."""

STAYS = (
    "password = get_password()",
    "password = base64.b16encode(random)",
    'password = ":****"',
    ":type passphrase: :py:data:`bytes`",
    'proxy_url="socks5h://<username>:<password>@proxy-host"',
    'Authorization: OAuth realm="Example"',
    "password = os.environ['DB_PASSWORD']",
    'password = os.environ.get("PW", None)',
    "password=password, user=user",
    "connect(user=user, password=self.password)",
    "login(username, password=password2)",
    "def login(user: str, password: str) -> bool:",
    "password: Optional[str] = None",
    "password: string;",
    'if password == "":',
    'type="password" name="password"',
    '"password": "Enter your password"',
    '"password": "Passwort"',
    '{"password": {"type": "string"}}',
    "passwd: files systemd",
    "PASSWORD_HASHERS = [...]",
    "PASSWORD=$1",
    "PASSWORD=${PASSWORD:-}",
    "PASSWORD=<your password>",
    "PWD=/home/ada/src",
    "pwd = os.getcwd()",
    "password = settings.DB_PASSWORD",
    "password = new_password.strip()",
    "const { password } = req.body;",
    "password = f'{user}-{salt}'",
    "password: ********",
    "Authorization: Bearer $TOKEN",
    "Authorization: Bearer <token>",
    'headers["Authorization"] = "Bearer " + token',
    'f"Authorization: Bearer {token}"',
    "Authorization: Bearer YOUR_TOKEN_HERE",
    "the Authorization: Basic scheme",
    "Authorization: required for every call",
    "a bearer of bad news",
    "token = tokens[0]",
    "token = base64.b64encode(os.urandom(16))",
    "token=oauth2_access_token_value",
    "secret = load_secret_from_vault(name)",
    "max_tokens=4096",
    "https://h/a?token=<token>&key={key}",
    "https://h/a?page=2&sort=key",
    "key = sorted(items, key=lambda item: item.name)",
    '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
    "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "commit 0f1e2d3c4b5a69788796a5b4c3d2e1f012345678",
    "550e8400-e29b-41d4-a716-446655440000",
    '{ file = "x-1.0.whl", hash = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0" },',
    'checksum = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"',
    "golang.org/x/net v0.1.0 h1:hZ/3BUoy5aId7sCpA/Tc5lt8DkFgdVS2onTpJsZ/fl0=",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
)


@pytest.mark.parametrize("text", HIDDEN)
def test_a_secret_behind_its_word_is_hidden_and_the_rest_stays(text: str) -> None:
    secret = HIDDEN[text]

    out = redactor.text(text)

    before, _, after = text.partition(secret)
    assert out.startswith(f"{before}[redacted:")
    assert out.endswith(f"]{after}")
    assert secret not in out


@pytest.mark.parametrize("text", [text for text, secret in HIDDEN.items() if "\\" not in secret])
def test_it_is_hidden_inside_json_too_and_the_json_stays_json(text: str) -> None:
    secret = HIDDEN[text]

    for line in (json.dumps({"k": text}), json.dumps({"k": json.dumps([text])})):
        out = redactor.text(line)

        assert secret not in out
        assert set(json.loads(out)) == {"k"}


@pytest.mark.parametrize("text", STAYS)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redactor.text(text) == text
    assert redactor.text(json.dumps({"k": text})) == json.dumps({"k": text})


@pytest.mark.parametrize("text", [*HIDDEN, *STAYS])
def test_a_second_time_changes_nothing(text: str) -> None:
    once = redactor.text(text)

    assert redactor.text(once) == once


def test_a_token_of_known_shape_keeps_its_own_name() -> None:
    token = "gh" + "p_" + "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7j"

    assert redactor.text(f"Authorization: Bearer {token}") == "Authorization: Bearer [redacted:github-token]"
