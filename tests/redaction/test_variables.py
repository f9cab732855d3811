"""Which variables hold a secret."""

from __future__ import annotations

import pytest

from runner.redaction.variables import looks_secret, secret_values

VALUE = "q7Rt-92kd"

HOLD_A_SECRET = (
    *(
        "GH_TOKEN",
        "token",
        "TOKEN_GITHUB",
        "GITHUBTOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "SECRET_KEY_BASE",
        "PGPASSWORD",
    ),
    *("MYSQL_PWD", "DB_PASS", "ANTHROPIC_API_KEY", "APIKEY", "NPM_AUTH", "SSH_PASSPHRASE", "CREDENTIALS"),
    *("npm_config__authToken", "SENTRY_DSN", "SESSION_COOKIE", "my-secret", "RUNNER_TOKEN"),
)
HOLD_NONE = (
    *(
        "PATH",
        "HOME",
        "PWD",
        "OLDPWD",
        "AUTHOR",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "XAUTHORITY",
        "KEYBOARD",
    ),
    *(
        "KEY_LENGTH",
        "AUTH_TYPE",
        "TOKEN_URL",
        "PASSWORD_FILE",
        "SECRET_NAME",
        "AWS_ACCESS_KEY_ID",
        "MONKEY",
        "",
        "_",
    ),
    *("CREDENTIAL_HELPER", "TOKENIZER", "COMPASS"),
)


@pytest.mark.parametrize("name", HOLD_A_SECRET)
def test_these_names_mark_a_secret(name: str) -> None:
    assert looks_secret(name, VALUE)


@pytest.mark.parametrize("name", HOLD_NONE)
def test_these_names_do_not(name: str) -> None:
    assert not looks_secret(name, VALUE)


@pytest.mark.parametrize("value", ["", "short", "/run/secrets/token", "postgres", "Password", "changeme"])
def test_these_values_are_no_secret_under_any_name(value: str) -> None:
    assert not looks_secret("DB_PASSWORD", value)


def test_a_password_in_a_url_is_found_under_any_name_as_written_and_decoded() -> None:
    found = secret_values({"DATABASE_URL": "postgres://ada:p%40ss-w0rd@db:5432/x", "HOME": "/home/ada"})

    assert found == {"p%40ss-w0rd": "DATABASE_URL", "p@ss-w0rd": "DATABASE_URL"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://ada@example.org",
        "http://[bad:x@y",
        "a://b:short@c",
        "x@y://",
        "https://a:@b",
    ],
)
def test_a_url_without_a_real_password_holds_nothing(url: str) -> None:
    assert secret_values({"SOME_ADDRESS": url}) == {}


def test_the_first_name_of_a_value_is_told() -> None:
    assert secret_values({"A_TOKEN": VALUE, "B_TOKEN": VALUE}) == {VALUE: "A_TOKEN"}
