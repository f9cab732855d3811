"""What the words of gh mean. Every text here was said by the real one."""

from __future__ import annotations

import pytest

from runner.gh.words import DETAIL_LIMIT, GhAnswer, Said, read_create

URL = "http://github.localhost/acme/widget/pull/1"
API = "http://api.github.localhost/graphql"

WORDS = {
    f'a pull request for branch "feat/x" into branch "main" already exists:\n{URL}\n': Said.EXISTS,
    "GraphQL: A pull request already exists for acme:feat/x. (createPullRequest)\n": Said.EXISTS,
    "could not add label: 'rate limit' not found\n": Said.UNKNOWN_LABEL,
    f"HTTP 401: Bad credentials ({API})\nTry authenticating with:  gh auth login\n": Said.SIGN_IN_REFUSED,
    "To get started with GitHub CLI, please run:  gh auth login\n": Said.NOT_AUTHENTICATED,
    f"error checking for existing pull request: HTTP 401: Bad credentials ({API})": Said.SIGN_IN_REFUSED,
    f"HTTP 403: API rate limit exceeded for user ID 1. ({API})\n": Said.RATE_LIMITED,
    f"HTTP 403: You have exceeded a secondary rate limit. Please wait a few minutes. ({API})": Said.RATE_LIMITED,
    "pull request create failed: GraphQL: was submitted too quickly (createPullRequest)\n": Said.RATE_LIMITED,
    f"HTTP 403: Resource not accessible by personal access token ({API})\n": Said.FORBIDDEN,
    "GraphQL: Resource not accessible by integration (createPullRequest)\n": Said.FORBIDDEN,
    "GraphQL: ada does not have the correct permissions to execute `CreatePullRequest` (x)": Said.FORBIDDEN,
    f"HTTP 403: Resource protected by organization SAML enforcement. ({API})\n": Said.FORBIDDEN,
    "pull request create failed: GraphQL: must be a collaborator (createPullRequest)\n": Said.FORBIDDEN,
    f"HTTP 502: 502 Bad Gateway ({API})\n": Said.SERVER_ERROR,
    "GraphQL: Something went wrong while executing your query on 2026-01-01. Please include `1`": Said.SERVER_ERROR,
    "pull request create failed: GraphQL: Head sha can't be blank, No commits between main and feat/eof, "
    "Head ref must be a branch (createPullRequest)\n": Said.HEAD_NOT_PUSHED,
    "aborted: you must first push the current branch to a remote, or use the --head flag": Said.HEAD_NOT_PUSHED,
    "GraphQL: Base sha can't be blank, No commits between gone and x, Base ref must be a branch (x)": Said.BASE_MISSING,
    "GraphQL: No commits between main and fix/HTTP-401-permission (createPullRequest)\n": Said.NO_COMMITS,
    "GraphQL: Draft pull requests are not supported in this repository. (createPullRequest)\n": Said.NO_DRAFTS,
    "GraphQL: Could not resolve to a Repository with the name 'acme/403'. (repository)\n": Said.NOT_FOUND,
    "HTTP 404: Not Found (https://github.example.org/api/graphql)\n": Said.NOT_FOUND,
    "error connecting to github.com\ncheck your internet connection or https://githubstatus.com\n": Said.NO_NETWORK,
    f'Post "{API}": dial tcp 127.0.0.1:1: connect: connection refused\n': Said.NO_NETWORK,
    f'Post "{API}": proxyconnect tcp: dial tcp: lookup proxy: no such host\n': Said.NO_NETWORK,
    f'Post "{API}": read tcp 127.0.0.1:2->127.0.0.1:1: read: connection reset by peer\n': Said.NO_NETWORK,
    f'pull request create failed: Post "{API}": EOF\n': Said.NO_NETWORK,
    f'Post "{API}": tls: failed to verify certificate: x509: certificate signed by unknown authority': Said.NO_NETWORK,
    "invalid character '<' looking for beginning of value\n": Said.ODD_ANSWER,
    "unexpected end of JSON input\n": Said.ODD_ANSWER,
    "GraphQL: '<x>' is invalid character soup (createPullRequest)\n": Said.OTHER,
    "GraphQL: Title is too long (maximum is 256 characters) (createPullRequest)\n": Said.OTHER,
}


@pytest.mark.parametrize(("stderr", "said"), WORDS.items(), ids=range(len(WORDS)))
def test_each_failure_is_told_by_its_words(stderr: str, said: Said) -> None:
    answer = read_create(exit_code=1, stdout="", stderr=stderr)

    assert answer.said is said
    assert answer.detail
    assert answer.detail.isprintable()


def test_the_address_of_one_that_exists_is_read() -> None:
    stderr = f'a pull request for branch "feat/x" into branch "main" already exists:\n{URL}\n'

    assert read_create(exit_code=1, stdout="", stderr=stderr).url == URL


def test_an_address_on_standard_output_means_that_it_exists_whatever_the_exit_code() -> None:
    answer = read_create(exit_code=1, stdout=f"{URL}\n", stderr="pull request update failed: HTTP 401: x")

    assert answer == GhAnswer(
        said=Said.LABELS_FAILED, url=URL, detail="pull request update failed: HTTP 401: x"
    )


def test_success_without_an_address_is_told_as_it_is() -> None:
    assert read_create(exit_code=0, stdout="\n", stderr="") == GhAnswer(said=Said.CREATED)


def test_silence_has_words_too() -> None:
    assert read_create(exit_code=2, stdout="", stderr=" \n").detail == "gh ended with 2 and no word"


def test_control_characters_and_long_texts_do_not_get_through() -> None:
    answer = read_create(exit_code=1, stdout="", stderr="\x1b[31mred\x07\n" + "x" * 1000 + "\nthird line")

    assert len(answer.detail) == DETAIL_LIMIT
    assert answer.detail.isprintable()
    assert "third" not in answer.detail
