"""What gh says, told apart; pure. gh ends with the same code whatever is wrong, so only its words count.

They were collected from the real program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from runner.errors import GhTrouble

DETAIL_LIMIT = 300


class Said(StrEnum):
    """What an answer of gh's means."""

    CREATED = "created"
    LABELS_FAILED = "created, but its labels could not be set"
    EXISTS = "exists already"
    UNKNOWN_LABEL = "unknown label"
    NO_DRAFTS = "no drafts in this repository"
    NOT_AUTHENTICATED = "not signed in"
    SIGN_IN_REFUSED = "signed in with a token that is not accepted"
    FORBIDDEN = "not allowed"
    RATE_LIMITED = "too many requests"
    NO_NETWORK = "no connection"
    SERVER_ERROR = "the server failed"
    TIMED_OUT = "no answer in time"
    ODD_ANSWER = "an answer that is no answer of a forge"
    HEAD_NOT_PUSHED = "the branch is not there"
    BASE_MISSING = "the base branch is not there"
    NO_COMMITS = "nothing to merge"
    NOT_FOUND = "no such repository"
    OTHER = "something else"

    @property
    def trouble(self) -> GhTrouble:
        """Whether it passes by itself, needs a person, or lies in the request."""
        if self in _PASSES:
            return "later"
        return "refused" if self in _NEEDS_A_PERSON else "rejected"


_PASSES = frozenset({Said.RATE_LIMITED, Said.NO_NETWORK, Said.SERVER_ERROR, Said.TIMED_OUT, Said.ODD_ANSWER})
_NEEDS_A_PERSON = frozenset({Said.NOT_AUTHENTICATED, Said.SIGN_IN_REFUSED, Said.FORBIDDEN, Said.NOT_FOUND})

_WORDS = tuple(
    (said, re.compile(words, re.IGNORECASE))
    for said, words in (
        (Said.EXISTS, r"pull request (?:for branch .* )?already exists(?::\s*(?P<url>\S+)| for )"),
        (Said.UNKNOWN_LABEL, r"could not add label: '(?P<label>.*)' not found"),
        (Said.HEAD_NOT_PUSHED, r"head ref must be a branch|head sha can't be blank|must first push the"),
        (Said.BASE_MISSING, r"base ref must be a branch|base sha can't be blank"),
        (Said.NO_COMMITS, r"no commits between "),
        (Said.NO_DRAFTS, r"draft pull requests are not supported"),
        (Said.NOT_FOUND, r"could not resolve to a |HTTP 404"),
        (Said.SIGN_IN_REFUSED, r"HTTP 401|bad credentials"),
        (Said.NOT_AUTHENTICATED, r"gh auth login|no oauth token"),
        (Said.RATE_LIMITED, r"\brate limit|HTTP 429|submitted too quickly|abuse detection"),
        (
            Said.FORBIDDEN,
            r"HTTP 403|not accessible by |must be a collaborator|correct permissions|required scopes",
        ),
        (Said.SERVER_ERROR, r"HTTP 5\d\d|something went wrong while executing"),
        (
            Said.NO_NETWORK,
            r"error connecting to |\b(?:dial|read) tcp |proxyconnect tcp|: (?:unexpected )?EOF|: x509: ",
        ),
        (Said.ODD_ANSWER, r"invalid character .{1,9} looking for |unexpected end of JSON"),
    )
)
"""In this order: a missing branch has no commits either. Every word that gh could have from us (a branch, a
repository) has no blank in it, so no rule may match without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GhAnswer:
    """One answer, understood. `url` and `label` are as gh wrote them, unchecked."""

    said: Said
    url: str = ""
    label: str = ""
    detail: str = ""
    """gh's own words on one line; empty when it was content."""


def read_create(*, exit_code: int, stdout: str, stderr: str) -> GhAnswer:
    """What came of `gh pr create`. An address on stdout means that the pull request exists."""
    url = (stdout.split() or [""])[-1]
    if exit_code == 0:
        return GhAnswer(said=Said.CREATED, url=url)
    if url:
        return GhAnswer(said=Said.LABELS_FAILED, url=url, detail=one_line(stderr))
    return read_failure(exit_code=exit_code, stderr=stderr)


def read_failure(*, exit_code: int, stderr: str) -> GhAnswer:
    """Why any call of gh's failed."""
    detail = one_line(stderr)
    for said, words in _WORDS:
        if found := words.search(stderr):
            groups = {name: text or "" for name, text in found.groupdict().items()}
            return GhAnswer(said=said, detail=detail, **groups)
    return GhAnswer(said=Said.OTHER, detail=detail or f"gh ended with {exit_code} and no word")


def one_line(text: str) -> str:
    """The first two lines, without control characters, at most 300 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:2]
    return "".join(mark if mark.isprintable() else " " for mark in "; ".join(lines))[:DETAIL_LIMIT]
