"""An open pull request whose newest commit is not what the run pushed: somebody else's by now, and left alone."""

from __future__ import annotations

import pytest

from runner.forge.adoption import is_unlike
from runner.forge.github import GitHubForge
from runner.forge.open_request import RETRY_AFTER_S
from runner.forge.protocol import Asked, PullRequest
from runner.gh.program import SeenPullRequest
from tests.forge.contract import RUN, wanted
from tests.peers.github import GitHub, Trouble
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox

OURS = "f" * 40


def push(github: GitHub) -> str:
    """Somebody pushes to `feat/x`; its newest commit."""
    origin = Sandbox(github.state.origin)
    made = origin.git("commit-tree", "feat/x^{tree}", "-p", "feat/x", "-m", "one more")
    origin.git("update-ref", "refs/heads/feat/x", made)
    return made


def test_it_is_left_as_it_is_after_a_second_look(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    first = forge.open_pull_request(wanted(run_id="r-2"))
    before = (github.pulls[0].title, github.pulls[0].body)
    tip = push(github)
    github.operations.clear()

    new = wanted(title="Mine", body="Mine.", draft=True, labels=("bug",), run_id=RUN, commit_id=OURS)
    again = forge.open_pull_request(new)

    words = f"its newest commit is {tip[:12]}, which this run did not push: title, text and draft are left as they are"
    assert again == PullRequest(url=first.url, adopted=True, unlike=True, warnings=(words,))
    assert (github.pulls[0].title, github.pulls[0].body) == before
    assert (github.pulls[0].draft, github.pulls[0].labels) == (False, [])
    assert [name for name in github.operations if name.startswith(("PATCH", "POST", "Convert"))] == []
    assert pauses == [RETRY_AFTER_S]


def test_a_host_that_is_behind_for_a_moment_is_looked_at_once_more(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    forge.open_pull_request(wanted(run_id="r-2"))
    tip = push(github)
    github.state.looks_behind = 2  # before one is opened, and when it turns out to be there

    again = forge.open_pull_request(wanted(body="Newer.", run_id=RUN, commit_id=tip))

    assert (again.unlike, again.warnings) == (False, ())
    assert github.pulls[0].body.startswith("Newer.")
    assert pauses == [RETRY_AFTER_S]


def test_one_with_the_pushed_commit_is_brought_up_to_date_at_once(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    forge.open_pull_request(wanted(run_id="r-2"))

    again = forge.open_pull_request(wanted(body="Newer.", run_id=RUN, commit_id=push(github)))

    assert (again.unlike, again.warnings, pauses) == (False, (), [])
    assert github.pulls[0].body.startswith("Newer.")


@pytest.mark.parametrize("run_id", ["", RUN])
def test_of_one_that_cannot_be_looked_at_a_run_is_told_that_it_may_be_another(
    forge: GitHubForge, github: GitHub, run_id: str
) -> None:
    first = forge.open_pull_request(wanted())
    github.trouble(Trouble.SERVER_ERROR, operation="PullRequestList", times=None)

    again = forge.open_pull_request(wanted(run_id=run_id))

    assert (again.url, again.adopted, again.unlike) == (first.url, True, bool(run_id))


def test_with_nothing_left_to_merge_a_merged_one_of_another_commit_is_told_apart(
    forge: GitHubForge, github: GitHub
) -> None:
    theirs = github.state.open_pull(head="feat/x")
    github.state.end_pull(theirs, "MERGED")
    origin = Sandbox(github.state.origin)
    origin.git("update-ref", "refs/heads/main", "feat/x")

    found = forge.open_pull_request(wanted(run_id=RUN, commit_id=OURS))

    assert found == PullRequest(url=theirs.url, adopted=True, state="merged", unlike=True)


def test_the_fake_leaves_it_as_well() -> None:
    forge = FakeForge(tip=lambda _: "e" * 40)
    forge.open_by_hand(wanted())

    again = forge.open_pull_request(wanted(body="Mine.", run_id=RUN, commit_id=OURS))

    assert again.unlike
    assert forge.opened == [wanted()]


def test_a_forge_that_does_not_tell_brings_it_up_to_date() -> None:
    forge = FakeForge()
    forge.open_pull_request(wanted(run_id="r-2", commit_id="e" * 40))

    again = forge.open_pull_request(wanted(body="Newer.", run_id=RUN, commit_id=OURS))

    assert not again.unlike
    assert forge.opened == [wanted(body="Newer.")]


@pytest.mark.parametrize(
    ("head", "pushed", "asked", "unlike"),
    [
        (OURS, OURS, None, False),
        ("e" * 40, OURS, None, True),
        ("", OURS, None, False),
        ("e" * 40, "", None, False),
        ("e" * 40, OURS, Asked(), False),
    ],
)
def test_only_what_the_host_tells_and_a_run_pushed_can_differ(
    head: str, pushed: str, asked: Asked | None, unlike: bool
) -> None:
    seen = SeenPullRequest(url="", base="main", from_fork=False, head_commit=head)

    assert is_unlike(seen, wanted(commit_id=pushed, asked=asked)) is unlike
