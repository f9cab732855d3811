"""The plug point for forges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPullRequest:
    """A pull request to open; the branch is already on the remote."""

    title: str
    body: str
    branch: str
    base: str
    draft: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request that exists. `url` is https, or a file URL from the local stand-in."""

    url: str
    adopted: bool = False
    """It was open before we asked."""
    warnings: tuple[str, ...] = ()
    """What did not work although it exists: a label, say."""


class Forge(Protocol):
    """Opens pull requests."""

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Open one for the branch, or adopt the open one of the same branch and base.

        Raises:
            GhFailed: the forge cannot be reached, refuses, or gives no address; the hint says what to do.
        """
        ...
