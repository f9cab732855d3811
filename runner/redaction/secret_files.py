"""Which files are made to hold secrets, judged by their name alone; pure."""

from __future__ import annotations

import re

_SECRET_FILE = re.compile(
    r"\.env(?:rc|\..+)?|.+\.env|.+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|ovpn|tfstate)|id_[a-z0-9_]+"
    r"|[._]netrc|\.(?:npmrc|pypirc|pgpass|my\.cnf|htpasswd|git-credentials|dockercfg|vault-token|s3cfg|boto)"
    r"|(?:.*[._-])?credentials?(?:\.(?:json|toml|ya?ml|ini|cfg|conf|csv|txt|xml|properties|bak|old))?"
    r"|(?:client_)?secrets?\.(?:json|toml|ya?ml|ini|txt|properties)|service[-_]?account.*\.json",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"(?:^|[._-])(?:example|sample|template|dist|defaults?|schema)(?:[._-]|$)", re.IGNORECASE
)


def looks_like_secrets(path: str) -> bool:
    """Whether a file of that name holds keys, passwords or tokens as a rule; examples and public keys do not."""
    name = path.rstrip("/").rpartition("/")[2]
    return bool(_SECRET_FILE.fullmatch(name)) and not _EXAMPLE.search(name)
