"""The plug point for forges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for in so many words."""

    title: bool = False
    draft: bool = False
    """They said whether it is to be a draft: `NewPullRequest.draft` is that, either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPullRequest:
    """A pull request to open; the branch is already on the remote."""

    title: str
    body: str
    branch: str
    base: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    asked: Asked | None = None
    """Set when a person opens it by hand: of one that is open already only this is changed, whoever wrote it.

    None: a run's. Title, text and draft of one that is open already become those of the run, as far as no person
    edited them.
    """
    run_id: str = ""
    """Goes into the mark: by it the same run finds its pull request again, also one that a person ended meanwhile."""
    task_id: str = ""
    """For the words about it."""
    commit_id: str = ""
    """What was pushed: one that ended with this very commit is the run's, whoever opened it, and an open one with
    another is not to be touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request that exists. `url` is https, or a file URL from the local stand-in."""

    url: str
    adopted: bool = False
    """It was there before we asked."""
    state: Literal["open", "merged"] = "open"
    """Merged: a person took the change of this very run already; nothing was opened and nothing is left to do."""
    unlike: bool = False
    """Its newest commit is not the one that was pushed, or nobody could tell: it was left as it is."""
    warnings: tuple[str, ...] = ()
    """What did not work although it exists: a label, say; and what was left because a person edited it."""


class Forge(Protocol):
    """Opens pull requests."""

    def check_access(self) -> None:
        """Find out at little cost, before money is spent, whether a pull request could be opened here.

        Nothing is changed. Silence is no promise: a right that only the act itself would show may still lack.

        Raises:
            GhFailed: `kind` "refused" (a person must act: no gh, not signed in, the token is not accepted, the
                repository is not seen or may only be read) or "later" (no connection, no answer, the host failed
                or wants fewer requests until `retry_at`: a run may begin all the same, it is likely to pass).
            Stopped: told to stop meanwhile.
        """
        ...

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Open one for the branch, or adopt the open one of the same branch and base and bring it up to date.

        Labels are only ever added. What a person edited is left as it is, with a warning; so is what cannot be
        changed: once one is found, this does not fail any more. A run leaves one alone whose newest commit is not
        `commit_id`, where the forge tells: it is returned as `unlike`.

        None is opened for a run whose own was merged already: that one is returned, as merged. Its own are those that
        carry its `run_id`, and one of the same base that ended with `commit_id`.

        Raises:
            GhFailed: the forge cannot be reached ("later"), refuses us ("refused") or the request ("rejected": also
                when a person closed the run's own); the hint says what to do.
            Stopped: told to stop meanwhile; a repeat adopts what came of it.
        """
        ...

    def find_merged(self, new: NewPullRequest) -> PullRequest | None:
        """The run's own that was merged already, before a branch is pushed again; None if there is none.

        Raises:
            GhFailed: nobody can tell ("later" or "refused"), or a person closed the run's own ("rejected").
            Stopped: told to stop meanwhile.
        """
        ...
