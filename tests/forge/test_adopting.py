"""An open pull request on GitHub, brought up to date by the real gh; whatever fails then is a warning."""

from __future__ import annotations

from runner.forge.adoption import Changes
from runner.forge.github import GitHubForge
from runner.forge.marking import marked
from runner.forge.open_request import RETRY_AFTER_S, OpenPullRequest
from runner.forge.protocol import PullRequest
from runner.gh.program import Gh
from tests.forge.conftest import REPOSITORY
from tests.forge.contract import wanted
from tests.peers.github import HOST, GitHub, Trouble

URL = f"http://{HOST}/acme/widget/pull/1"
PATCH = "PATCH /repos/acme/widget/pulls/1"


def opened_before(forge: GitHubForge, github: GitHub, *, draft: bool = False) -> None:
    forge.open_pull_request(wanted(draft=draft))
    github.operations.clear()


def test_the_mark_is_the_last_line_and_invisible(forge: GitHubForge, github: GitHub) -> None:
    forge.open_pull_request(wanted(body="Text.\n"))

    last = github.pulls[0].body.split("\n")[-1]
    assert github.pulls[0].body == marked("Fix the clock", "Text.\n")
    assert last.startswith("<!-- written by runner: ")
    assert last.endswith(" -->")


def test_what_is_up_to_date_costs_one_look(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)

    forge.open_pull_request(wanted())

    assert github.operations == ["RepositoryInfo", "PullRequestForBranch", "PullRequestList"]


def test_a_ready_one_becomes_a_draft_before_its_text_and_a_draft_ready_after_it(
    forge: GitHubForge, github: GitHub
) -> None:
    opened_before(forge, github)

    forge.open_pull_request(wanted(body="Red.", draft=True))
    forge.open_pull_request(wanted(body="Green."))

    acts = [name for name in github.operations if name == PATCH or "Draft" in name or "Ready" in name]
    assert acts == ["ConvertPullRequestToDraft", PATCH, PATCH, "PullRequestReadyForReview"]


def test_a_draft_of_a_person_is_left_to_them(forge: GitHubForge, github: GitHub) -> None:
    github.state.open_pull(head="feat/x", title="Fix the clock").draft = True
    github.pulls[0].body = "It runs now."

    opened = forge.open_pull_request(wanted())

    assert opened.warnings == ("a person opened it as a draft: it is left as one",)
    assert github.pulls[0].draft


def test_what_passes_is_tried_once_more(forge: GitHubForge, github: GitHub, pauses: list[float]) -> None:
    opened_before(forge, github, draft=True)
    github.trouble(Trouble.SERVER_ERROR, operation=PATCH)
    github.trouble(Trouble.RESET, operation="PullRequestReadyForReview")

    opened = forge.open_pull_request(wanted(body="New."))

    assert opened == PullRequest(url=URL, adopted=True)
    assert (github.pulls[0].body, github.pulls[0].draft) == (marked("Fix the clock", "New."), False)
    assert pauses == [RETRY_AFTER_S, RETRY_AFTER_S]


def test_a_lost_reply_to_a_change_is_no_harm(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)
    github.trouble(Trouble.LOST_REPLY, operation=PATCH)

    opened = forge.open_pull_request(wanted(title="New", body="New."))

    assert opened.warnings == ()
    assert (github.pulls[0].title, github.pulls[0].body) == ("New", marked("New", "New."))


def test_whatever_fails_after_it_was_found_is_a_warning(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)
    github.trouble(Trouble.FORBIDDEN, operation=PATCH)
    github.trouble(Trouble.FORBIDDEN_FIELD, operation="ConvertPullRequestToDraft")
    github.trouble(Trouble.FORBIDDEN, operation="GET /repos/acme/widget/labels/bug")
    github.trouble(Trouble.FORBIDDEN, operation="POST /repos/acme/widget/issues/1/labels")
    new = wanted(title="New", body="New.", draft=True, labels=("bug", "agent", "a/ b?"))

    opened = forge.open_pull_request(new)

    no_right = "Resource not accessible by personal access token"
    assert opened.url == URL
    assert [warning.partition(": ")[0] for warning in opened.warnings] == [
        "it could not be made a draft",
        "its title and body could not be brought up to date",
        "its label 'bug' could not be set",
        f"{REPOSITORY} has no label 'a/ b?'",
        "its labels could not be set",
    ]
    assert [no_right in warning for warning in opened.warnings] == [True, True, True, False, True]


def test_a_label_that_is_not_there_is_not_made(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)

    opened = forge.open_pull_request(wanted(labels=("nope", "BUG", "")))

    assert opened.warnings == (f"{REPOSITORY} has no label 'nope': left out",)
    assert "nope" not in github.state.labels


def test_one_that_cannot_be_looked_at_is_adopted_as_it_is(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)
    github.trouble(Trouble.FORBIDDEN, operation="PullRequestList")

    opened = forge.open_pull_request(wanted(body="New."))

    assert (opened.url, opened.adopted) == (URL, True)
    assert opened.warnings[0].startswith(
        "it is open already, but could not be looked at and brought up to date: HTTP 403"
    )


def test_labels_that_a_lost_reply_kept_from_being_set_are_set_then(
    forge: GitHubForge, github: GitHub
) -> None:
    github.trouble(Trouble.LOST_REPLY, operation="PullRequestCreate")

    opened = forge.open_pull_request(wanted(labels=("bug", "nope"), draft=True))

    assert opened.warnings == (
        f"{REPOSITORY} has no label 'nope': left out",
        "gh's answer got lost, but it is there",
    )
    assert (github.pulls[0].labels, github.pulls[0].draft) == (["bug"], True)


def test_without_drafts_a_lost_reply_asks_for_none_again(forge: GitHubForge, github: GitHub) -> None:
    github.state.drafts_supported = False
    github.trouble(Trouble.LOST_REPLY, operation="PullRequestCreate", after=1)

    opened = forge.open_pull_request(wanted(draft=True))

    assert opened.warnings == (
        f"{REPOSITORY} takes no drafts: opened as ready for review",
        "gh's answer got lost, but it is there",
    )


def test_in_a_renamed_repository_the_new_name_is_used(forge: GitHubForge, github: GitHub) -> None:
    opened_before(forge, github)
    github.state.former_name, github.state.name = "acme/widget", "gadget"
    github.pulls[0].url = github.pulls[0].url.replace("widget", "gadget")

    opened = forge.open_pull_request(wanted(body="New."))

    assert opened.warnings == (f"{REPOSITORY} is called acme/gadget now: change the address of the remote",)
    assert "PATCH /repos/acme/gadget/pulls/1" in github.operations


def test_a_gh_that_is_gone_meanwhile_is_a_warning(github: GitHub) -> None:
    request = OpenPullRequest(Gh(environment={"PATH": "/nowhere"}), REPOSITORY, 1, pause=lambda _: None)

    (warning,) = request.change(Changes(title="New"))

    assert warning.startswith("it could not be brought up to date: ")
