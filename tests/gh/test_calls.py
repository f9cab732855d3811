"""What is asked of the host about an open pull request, through the real gh."""

from __future__ import annotations

import os

import pytest

from runner.errors import GhFailed
from runner.gh.program import Gh
from runner.gh.words import Said
from tests.peers.github import HOST, GitHub, Trouble

REPOSITORY = f"{HOST}/acme/widget"


def test_a_draft_becomes_ready_and_a_draft_again(gh: Gh, github: GitHub) -> None:
    pull = github.state.open_pull(head="feat/x")
    states = []

    for draft in (True, True, False, False):
        assert gh.pull_request_ready(REPOSITORY, 1, draft=draft) is None
        states.append(pull.draft)

    assert states == [True, True, False, False]


def test_a_draft_that_the_host_does_not_make_is_told(gh: Gh, github: GitHub) -> None:
    github.state.open_pull(head="feat/x")
    github.state.drafts_supported = False

    answer = gh.pull_request_ready(REPOSITORY, 1, draft=True)

    assert answer is not None
    assert answer.said is Said.NO_DRAFTS


def test_a_request_to_the_host_brings_status_headers_and_content(gh: Gh) -> None:
    answer = gh.api(HOST, "repos/acme/widget")

    assert (answer.said, answer.status) == (None, 200)
    assert answer.headers["x-oauth-scopes"] == "repo, read:org"
    assert isinstance(answer.content, dict)
    assert answer.content["full_name"] == "acme/widget"


def test_content_is_sent_as_json_byte_for_byte(gh: Gh, github: GitHub) -> None:
    pull = github.state.open_pull(head="feat/x")
    body = '@file true 1 null\n"quoted" \\n Ümläut 漢字 🙂 {owner} \x00'

    answer = gh.api(HOST, "repos/acme/widget/pulls/1", method="PATCH", content={"body": body})

    assert answer.said is None
    assert pull.body == body


API_TROUBLES = {
    Trouble.UNAUTHORIZED: (Said.SIGN_IN_REFUSED, "gh: Bad credentials (HTTP 401)"),
    Trouble.FORBIDDEN: (Said.FORBIDDEN, "gh: Resource not accessible by personal access token (HTTP 403)"),
    Trouble.SSO: (Said.FORBIDDEN, "gh: Resource protected by organization SAML enforcement."),
    Trouble.RATE_LIMIT: (Said.RATE_LIMITED, "gh: API rate limit exceeded for user ID 1. (HTTP 403)"),
    Trouble.SECONDARY_LIMIT: (Said.RATE_LIMITED, "gh: You have exceeded a secondary rate limit."),
    Trouble.SERVER_ERROR: (Said.SERVER_ERROR, "gh: HTTP 502"),
    Trouble.RESET: (Said.NO_NETWORK, "connection reset by peer"),
    Trouble.NOT_JSON: (Said.ODD_ANSWER, "the answer is no JSON"),
}


@pytest.mark.parametrize("trouble", API_TROUBLES)
def test_what_the_host_refuses_is_told_apart(gh: Gh, github: GitHub, trouble: Trouble) -> None:
    said, words = API_TROUBLES[trouble]
    github.trouble(trouble)

    answer = gh.api(HOST, "repos/acme/widget")

    assert answer.said is said
    assert words in answer.detail


def test_what_is_not_there_is_told(gh: Gh) -> None:
    answer = gh.api(HOST, "repos/acme/gone")

    assert (answer.said, answer.status) == (Said.NOT_FOUND, 404)


def test_a_host_that_says_nothing_is_given_up(github: GitHub) -> None:
    github.state.open_pull(head="feat/x")
    gh = Gh(environment=dict(os.environ) | github.environment, timeout_s=0.5)
    github.trouble(Trouble.HANG, times=None)

    asked = gh.api(HOST, "repos/acme/widget")
    changed = gh.pull_request_ready(REPOSITORY, 1, draft=True)

    assert (asked.said, asked.detail) == (Said.TIMED_OUT, "gh gave no answer in 0.5 s")
    assert changed is not None
    assert changed.said is Said.TIMED_OUT
    with pytest.raises(GhFailed, match=r"no answer in 0.5 s") as caught:
        gh.pull_request_view(REPOSITORY, "feat/x")
    assert caught.value.kind == "later"
