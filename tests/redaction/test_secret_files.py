"""Files that are for secrets by their name, and those that are not."""

from __future__ import annotations

import pytest

from runner.redaction.secret_files import looks_like_secrets

SECRET = (
    *(
        ".env",
        "a/.env.local",
        ".ENV",
        "prod.env",
        ".envrc",
        "x.pem",
        "tls/server.key",
        "id_rsa",
        ".ssh/id_ed25519",
    ),
    *(".npmrc", ".netrc", "_netrc", ".pypirc", ".git-credentials", "credentials", "credentials.json"),
    *("aws-credentials.toml", "client_secret.json", "secrets.yaml", "service-account-prod.json", "x.p12"),
)
HARMLESS = (
    *(
        ".env.example",
        ".env.sample",
        "example.env",
        "id_rsa.pub",
        "id_map.py",
        "credentials.py",
        "credentials.md",
    ),
    *(
        "keys.py",
        "environment.yml",
        "a.env/readme.md",
        "credentials.example.json",
        "secret_files.py",
        "key",
        "monkey",
    ),
)


@pytest.mark.parametrize("path", SECRET)
def test_a_file_for_secrets_is_known_by_its_name(path: str) -> None:
    assert looks_like_secrets(path)


@pytest.mark.parametrize("path", HARMLESS)
def test_code_examples_and_public_keys_are_none(path: str) -> None:
    assert not looks_like_secrets(path)
