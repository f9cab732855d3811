"""What can go wrong between gh and GitHub, as GitHub words it."""

from __future__ import annotations

import time
from enum import StrEnum, unique

from tests.peers.github_state import Refused

HOST = "github.localhost"
RESET_AFTER_S = 1800
"""The hour's requests come back so long after they were found to be spent."""
RETRY_AFTER_S = 90
"""What the limit against haste asks for."""


@unique
class Trouble(StrEnum):
    """One thing that goes wrong."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403, the token lacks the right"
    FORBIDDEN_FIELD = "403 as a GraphQL error"
    SSO = "403, the organisation wants single sign-on"
    SERVER_ERROR = "502 with a page"
    GONE = "451, taken away by law"
    RATE_LIMIT = "403, the hour's requests are spent"
    RATE_LIMIT_FIELD = "the spent hour as a GraphQL error"
    SECONDARY_LIMIT = "403, too fast"
    RESET = "the connection is reset before anything is done"
    LOST_REPLY = "it is done, then the connection is reset"
    NO_URL = "it is done, the answer has no address"
    OTHER_HOST = "it is done, the answer's address is somewhere else"
    OTHER_REPOSITORY = "it is done, the answer's address is another repository's"
    NOT_JSON = "200 with a page"
    HANG = "no answer until the server closes"


REFUSALS: dict[Trouble, tuple[int, str, dict[str, str]]] = {
    Trouble.UNAUTHORIZED: (401, "Bad credentials", {}),
    Trouble.FORBIDDEN: (403, "Resource not accessible by personal access token", {}),
    Trouble.GONE: (451, "Repository access blocked", {}),
    Trouble.SSO: (
        403,
        "Resource protected by organization SAML enforcement. You must grant your OAuth token access.",
        {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=A1"},
    ),
    Trouble.RATE_LIMIT: (
        403,
        "API rate limit exceeded for user ID 1.",
        {"x-ratelimit-remaining": "0"},
    ),
    Trouble.SECONDARY_LIMIT: (
        403,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        {"retry-after": str(RETRY_AFTER_S)},
    ),
}
FIELDS = {
    Trouble.FORBIDDEN_FIELD: Refused("Resource not accessible by personal access token", kind="FORBIDDEN"),
    Trouble.RATE_LIMIT_FIELD: Refused("API rate limit exceeded for user ID 1.", kind="RATE_LIMITED"),
}
MUTATIONS = {
    "ConvertPullRequestToDraft": "convertPullRequestToDraft",
    "PullRequestReadyForReview": "markPullRequestReadyForReview",
}
"""What an operation does, as its answers call it."""
URLS = {
    Trouble.NO_URL: "",
    Trouble.OTHER_HOST: "https://github.example.org/acme/widget/pull/1",
    Trouble.OTHER_REPOSITORY: f"http://{HOST}/mallory/widget/pull/1",
}


SPENT = frozenset({Trouble.RATE_LIMIT, Trouble.RATE_LIMIT_FIELD})
"""The hour's requests; to ask how many are left costs none of them."""


def refusal(trouble: Trouble) -> tuple[int, str, dict[str, str]]:
    """Status, message and headers of one that comes before anything is done."""
    status, message, headers = REFUSALS[trouble]
    reset = {"x-ratelimit-reset": str(reset_at())} if trouble in SPENT else {}
    return status, message, headers | reset


def reset_at() -> int:
    """In seconds since 1970."""
    return int(time.time()) + RESET_AFTER_S
