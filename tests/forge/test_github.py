"""GitHub through the real gh when things go wrong: no pull request is lost, none is opened twice."""

from __future__ import annotations

import os

import pytest

from runner.errors import GhFailed
from runner.forge.github import GitHubForge
from runner.forge.open_request import RETRY_AFTER_S
from runner.forge.protocol import PullRequest
from runner.gh.program import Gh
from tests.forge.conftest import REPOSITORY
from tests.forge.contract import wanted
from tests.peers.github import HOST, GitHub, Trouble

URL = f"http://{HOST}/acme/widget/pull/1"
A_PERSONS = "a person wrote it: title and text are left as they are"


def failure(forge: GitHubForge, **changes: str) -> GhFailed:
    with pytest.raises(GhFailed) as caught:
        forge.open_pull_request(wanted(**changes))  # type: ignore[arg-type]  # only texts are changed here
    return caught.value


def test_a_label_step_that_fails_after_the_creation_is_a_warning(forge: GitHubForge, github: GitHub) -> None:
    github.trouble(Trouble.SERVER_ERROR, operation="PullRequestCreateMetadata")

    opened = forge.open_pull_request(wanted(labels=("bug",)))

    assert opened.url == URL
    assert not opened.adopted
    assert opened.warnings[0].startswith("its labels could not be set: pull request update failed: HTTP 502")
    assert len(github.pulls) == 1


def test_labels_that_do_not_exist_are_left_out_and_named(forge: GitHubForge, github: GitHub) -> None:
    opened = forge.open_pull_request(wanted(labels=("nope", "bug", 'it\'s, "odd"')))

    assert opened.warnings == (
        f"{REPOSITORY} has no label 'nope': left out",
        f"{REPOSITORY} has no label 'it\\'s, \"odd\"': left out",
    )
    assert github.pulls[0].labels == ["bug"]


def test_a_draft_where_there_are_none_is_opened_all_the_same(forge: GitHubForge, github: GitHub) -> None:
    github.state.drafts_supported = False

    opened = forge.open_pull_request(wanted(draft=True))

    assert opened.warnings == (f"{REPOSITORY} takes no drafts: opened as ready for review",)
    assert not github.pulls[0].draft


def test_one_that_a_person_opened_is_adopted_as_it_is(forge: GitHubForge, github: GitHub) -> None:
    github.state.open_pull(head="feat/x")

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(url=URL, adopted=True, warnings=(A_PERSONS,))
    assert (github.pulls[0].title, github.pulls[0].body) == ("feat/x", "")


def test_one_from_a_fork_with_the_same_branch_name_is_not_ours(forge: GitHubForge, github: GitHub) -> None:
    github.state.open_pull(head="feat/x", fork_owner="mallory")
    github.state.open_pull(head="feat/x", base="next")

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(url=f"http://{HOST}/acme/widget/pull/3")


def test_a_closed_one_is_not_adopted(forge: GitHubForge, github: GitHub) -> None:
    github.state.open_pull(head="feat/x").state = "CLOSED"

    assert not forge.open_pull_request(wanted()).adopted


def test_one_that_was_opened_meanwhile_is_found(forge: GitHubForge, github: GitHub) -> None:
    github.state.open_pull(head="feat/x")
    github.state.open_pull(head="feat/x", fork_owner="mallory")
    github.state.hide_from_branch_look_up = True

    assert forge.open_pull_request(wanted()) == PullRequest(url=URL, adopted=True, warnings=(A_PERSONS,))


def test_a_lost_reply_does_not_make_a_second_one(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    github.trouble(Trouble.LOST_REPLY, operation="PullRequestCreate")

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(url=URL, adopted=True, warnings=("gh's answer got lost, but it is there",))
    assert len(github.pulls) == 1
    assert pauses == []


@pytest.mark.parametrize("trouble", [Trouble.SERVER_ERROR, Trouble.RESET])
@pytest.mark.parametrize("operation", ["RepositoryInfo", "PullRequestCreate"])
def test_a_failure_that_passes_is_tried_once_more(
    forge: GitHubForge, github: GitHub, pauses: list[float], trouble: Trouble, operation: str
) -> None:
    github.trouble(trouble, operation=operation)

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(url=URL)
    assert pauses == [RETRY_AFTER_S]


def test_a_server_that_stays_down_is_told_after_two_tries(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    github.trouble(Trouble.SERVER_ERROR, times=None)

    error = failure(forge)

    assert str(error).startswith(f"{HOST} failed: HTTP 502")
    assert error.hint == "nothing is lost, the branch is pushed: try again later"
    assert pauses == [RETRY_AFTER_S]
    assert github.operations.count("RepositoryInfo") == 2


REFUSALS = {
    Trouble.UNAUTHORIZED: (f"{HOST} does not accept gh's token", f"gh auth login --hostname {HOST}"),
    Trouble.FORBIDDEN: (f"gh may not open pull requests in {REPOSITORY}", "the right to write pull requests"),
    Trouble.FORBIDDEN_FIELD: (f"gh may not open pull requests in {REPOSITORY}", "the right to write"),
    Trouble.SSO: ("Authorize in your web browser:  https://github.com/orgs/acme/sso", "gh auth status"),
    Trouble.RATE_LIMIT: (f"{HOST} wants fewer requests: ", "the branch is pushed: try again after 20"),
    Trouble.RATE_LIMIT_FIELD: (f"{HOST} wants fewer requests: ", "the branch is pushed: try again after 20"),
    Trouble.SECONDARY_LIMIT: ("You have exceeded a secondary rate limit", "the branch is pushed"),
    Trouble.NOT_JSON: (f"what answered is not {HOST}: invalid character", "a sign-in page of the network"),
}


@pytest.mark.parametrize("trouble", REFUSALS)
def test_each_refusal_says_what_to_do(
    forge: GitHubForge, github: GitHub, pauses: list[float], trouble: Trouble
) -> None:
    github.trouble(trouble, times=None)

    error = failure(forge)

    message, hint = REFUSALS[trouble]
    assert message in str(error)
    assert hint in error.hint
    assert pauses == []
    assert github.pulls == []


def test_a_branch_that_was_not_pushed_is_told(forge: GitHubForge) -> None:
    error = failure(forge, branch="feat/{gone}")

    assert str(error) == f"{REPOSITORY} has no branch feat/{{gone}}"
    assert error.hint == "push it first: git push origin feat/{gone}"


def test_a_base_that_is_gone_is_told(forge: GitHubForge) -> None:
    assert str(failure(forge, base="gone")) == f"{REPOSITORY} has no branch gone to merge into"


def test_a_branch_with_nothing_new_is_told(forge: GitHubForge) -> None:
    assert str(failure(forge, branch="next")) == "next has no commit that main lacks"


def test_a_title_that_is_too_long_is_told_in_the_words_of_the_host(forge: GitHubForge) -> None:
    assert "Title is too long" in str(failure(forge, title="x" * 257))


def test_a_repository_that_gh_cannot_see_is_told(gh: Gh, github: GitHub) -> None:
    github.state.name = "other"

    error = failure(GitHubForge(gh, REPOSITORY))

    assert str(error) == f"gh sees no repository {REPOSITORY}"


def test_no_way_out_is_told(github: GitHub, pauses: list[float]) -> None:
    environment = dict(os.environ) | github.environment | {"HTTP_PROXY": "http://127.0.0.1:1"}

    error = failure(GitHubForge(Gh(environment=environment), REPOSITORY, pause=pauses.append))

    assert str(error).startswith(f"gh cannot reach {HOST}: ")
    assert error.hint.startswith("check the connection and the proxy")


def test_no_answer_in_time_is_told(github: GitHub, pauses: list[float]) -> None:
    github.trouble(Trouble.HANG, times=None)
    gh = Gh(environment=dict(os.environ) | github.environment, timeout_s=0.5)

    error = failure(GitHubForge(gh, REPOSITORY, pause=pauses.append))

    assert str(error) == f"{HOST} did not answer: gh gave no answer in 0.5 s"
    assert pauses == []


@pytest.mark.parametrize("trouble", [Trouble.NO_URL, Trouble.OTHER_HOST, Trouble.OTHER_REPOSITORY])
def test_an_odd_address_is_not_believed_but_looked_up(
    forge: GitHubForge, github: GitHub, trouble: Trouble
) -> None:
    github.trouble(trouble, operation="PullRequestCreate")

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(url=URL, adopted=True, warnings=("gh's answer got lost, but it is there",))


def test_an_odd_address_that_cannot_be_looked_up_is_told(forge: GitHubForge, github: GitHub) -> None:
    github.trouble(Trouble.OTHER_HOST, operation="PullRequestCreate")
    github.trouble(Trouble.FORBIDDEN, operation="PullRequestList")

    error = failure(forge)

    assert str(error) == (
        f"gh answered 'https://github.example.org/acme/widget/pull/1', which is no pull request of {REPOSITORY}"
    )


def test_another_repositorys_address_is_not_believed_when_nobody_can_be_asked(
    forge: GitHubForge, github: GitHub
) -> None:
    github.trouble(Trouble.OTHER_REPOSITORY, operation="PullRequestCreate")
    github.trouble(Trouble.FORBIDDEN, operation="RepositoryInfo", after=1)

    assert forge.open_pull_request(wanted()).url == URL


def test_a_renamed_repository_is_followed_with_a_warning(forge: GitHubForge, github: GitHub) -> None:
    github.state.former_name, github.state.name = "acme/widget", "gadget"

    opened = forge.open_pull_request(wanted())

    assert opened == PullRequest(
        url=f"http://{HOST}/acme/gadget/pull/1",
        warnings=(f"{REPOSITORY} is called acme/gadget now: change the address of the remote",),
    )


def test_upper_and_lower_case_are_the_same_repository(gh: Gh, github: GitHub) -> None:
    github.state.owner, github.state.name = "Acme", "Widget"

    opened = GitHubForge(gh, REPOSITORY).open_pull_request(wanted())

    assert opened == PullRequest(url=f"http://{HOST}/Acme/Widget/pull/1")
