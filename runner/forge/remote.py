"""Which repository a remote's address names, and whether an address is one of its pull requests; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.settings.project import normalised_remote
from runner.settings.urls import is_loopback

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*", re.ASCII)
_PULL_REQUEST = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+)"
    r"/(?P<owner>[A-Za-z0-9_.-]+)/(?P<name>[A-Za-z0-9_.-]+)/pull/(?P<number>[1-9][0-9]{0,9})",
    re.ASCII,
)
_SAME_HOST = {"ssh.github.com": "github.com", "www.github.com": "github.com"}
"""GitHub's other doors; gh knows only the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRepository:
    """A repository on a host, as `host/owner/name`; the host is in lower case, without a port."""

    host: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.host}/{self.owner}/{self.name}"

    def is_named(self, owner: str, name: str) -> bool:
        """Whether this is its owner and name; forges do not tell upper from lower case."""
        return (self.owner.lower(), self.name.lower()) == (owner.lower(), name.lower())


def repository_of(remote_url: str | None) -> RemoteRepository | None:
    """What `git@host:owner/name.git` and its https, ssh and git forms name.

    None for no remote, a path, and an address with more or fewer parts than an owner and a name.
    """
    parts = (normalised_remote(remote_url) or "").split("/") if remote_url else []
    if len(parts) != 3 or not all(_NAME.fullmatch(part) for part in parts[1:]):
        return None
    host, owner, name = parts
    return RemoteRepository(host=_SAME_HOST.get(host, host), owner=owner, name=name)


def pull_request_place(url: str) -> RemoteRepository | None:
    """The repository of a pull request's address; None if it is not the address of one.

    Only https counts, and http on this machine.
    """
    found = _PULL_REQUEST.fullmatch(url)
    if found is None:
        return None
    host = found["host"].lower()
    if found["scheme"] == "http" and not (is_loopback(host) or host.endswith(".localhost")):
        return None
    return RemoteRepository(host=host, owner=found["owner"], name=found["name"])


def pull_request_number(url: str) -> int:
    """The number in a pull request's address; 0 if it is not the address of one."""
    found = _PULL_REQUEST.fullmatch(url)
    return int(found["number"]) if found else 0
