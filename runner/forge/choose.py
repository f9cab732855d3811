"""Where the pull requests of a checkout go, and why; pure but for the question it is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from runner.forge.remote import RemoteRepository, repository_of

_MISSING = (
    "gh is not installed: the pull request is only written down, not opened in {}; "
    "install it from https://cli.github.com, then run `gh auth login`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The repository that `gh` opens pull requests in; None writes them into the run's folder instead."""

    repository: RemoteRepository | None
    reason: str
    """One line for people."""
    warning: str = ""
    """What people would not expect of the choice, and what to do; empty for most."""


def choose(remote_url: str | None, *, gh_available: bool, gh_knows: Callable[[str], bool]) -> Choice:
    """GitHub if the remote is there and gh can be used, else the local stand-in.

    `gh_knows` tells whether gh has a token for a host; it is asked only about hosts that are not GitHub's own.
    """
    if not remote_url:
        return _local("there is no remote")
    repository = repository_of(remote_url)
    if repository is None:
        return _local("the remote is not a repository on a forge")
    if not gh_available:
        why = _local(f"gh is not installed; with it, it would be opened in {repository}")
        return replace(why, warning=_MISSING.format(repository)) if is_github(repository.host) else why
    if not (is_github(repository.host) or gh_knows(repository.host)):
        return _local(f"gh has no token for {repository.host} (`gh auth login --hostname {repository.host}`)")
    return Choice(repository=repository, reason=f"gh opens it in {repository}")


def is_github(host: str) -> bool:
    """Whether the host is GitHub by its name alone: the public one, or one that GitHub runs for a company."""
    return host in ("github.com", "github.localhost") or host.endswith(".ghe.com")


def _local(why: str) -> Choice:
    return Choice(repository=None, reason=f"{why}: the pull request is written into the run's folder")
