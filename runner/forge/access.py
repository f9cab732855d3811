"""Whether an account may open pull requests in a repository, from one answer of the host; pure."""

from __future__ import annotations

from collections.abc import Mapping

from runner.gh.api import ApiAnswer

_SCOPES = "x-oauth-scopes"
"""Told of tokens that have scopes. Fine-grained ones and those of apps have none; then the header is not there."""


def why_not(answer: ApiAnswer) -> str:
    """What keeps the account from opening a pull request, after a good `GET /repos/OWNER/NAME`; empty if nothing.

    Only what is certain counts: an app's token is told that it may do nothing at all, not even read.
    """
    repository = answer.content if isinstance(answer.content, dict) else {}
    if repository.get("archived") is True:
        return "it is archived: nobody may write there"
    may = repository.get("permissions")
    if isinstance(may, dict) and may.get("pull") is True and may.get("push") is False:
        return "its account may read there, not write"
    return _missing_scope(answer.headers, private=repository.get("private") is True)


def _missing_scope(headers: Mapping[str, str], *, private: bool) -> str:
    if _SCOPES not in headers:
        return ""
    scopes = {scope.strip() for scope in headers[_SCOPES].split(",")}
    enough = {"repo"} if private else {"repo", "public_repo"}
    return "" if scopes & enough else "its token lacks the scope repo"
