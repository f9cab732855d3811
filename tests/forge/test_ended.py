"""A run that was cut off, and what people made of its pull request meanwhile."""

from __future__ import annotations

import pytest

from runner.errors import GhFailed
from runner.forge.github import GitHubForge
from tests.forge.contract import RUN, wanted
from tests.peers.github import GitHub, Trouble
from tests.support.git import Sandbox

LIST = "PullRequestList"


def test_with_nothing_left_to_merge_a_merged_one_of_a_person_tells_why(
    forge: GitHubForge, github: GitHub
) -> None:
    theirs = github.state.open_pull(head="feat/x")
    theirs.state = "MERGED"
    _merge(github, "feat/x")

    found = forge.open_pull_request(wanted(run_id=RUN))

    assert (found.url, found.state) == (theirs.url, "merged")
    assert len(github.pulls) == 1


@pytest.mark.parametrize(
    ("base", "fork", "state"), [("next", "", "MERGED"), ("main", "eve", "MERGED"), ("main", "", "CLOSED")]
)
def test_with_nothing_to_merge_any_other_one_tells_nothing(
    forge: GitHubForge, github: GitHub, base: str, fork: str, state: str
) -> None:
    github.state.open_pull(head="feat/x", base=base, fork_owner=fork).state = state
    _merge(github, "feat/x")

    with pytest.raises(GhFailed, match="has no commit that main lacks"):
        forge.open_pull_request(wanted(run_id=RUN))


def test_a_forks_with_our_mark_is_not_ours(forge: GitHubForge, github: GitHub) -> None:
    forge.open_pull_request(wanted(run_id=RUN))
    github.pulls[0].fork_owner, github.pulls[0].state = "eve", "CLOSED"

    opened = forge.open_pull_request(wanted(run_id=RUN))

    assert not opened.adopted
    assert len(github.pulls) == 2


def test_a_forks_with_the_pushed_commit_is_not_ours(forge: GitHubForge, github: GitHub) -> None:
    theirs = github.state.open_pull(head="feat/x", fork_owner="eve")
    github.state.end_pull(theirs, "MERGED")

    opened = forge.open_pull_request(wanted(run_id=RUN, commit_id=theirs.head_commit))

    assert theirs.head_commit
    assert not opened.adopted


def test_one_by_hand_that_was_squashed_and_its_branch_deleted_is_found_by_its_commit(
    forge: GitHubForge, github: GitHub
) -> None:
    theirs = github.state.open_pull(head="feat/x")
    pushed = theirs.head_commit
    github.state.end_pull(theirs, "MERGED", squashed=True, delete=True)

    found = forge.open_pull_request(wanted(run_id=RUN, commit_id=pushed))

    assert (found.url, found.state) == (theirs.url, "merged")
    assert Sandbox(github.state.origin).branches().count("feat/x") == 0
    assert len(github.pulls) == 1


def test_its_own_counts_also_when_a_person_gave_it_another_base(forge: GitHubForge, github: GitHub) -> None:
    forge.open_pull_request(wanted(run_id=RUN))
    github.pulls[0].base, github.pulls[0].state = "next", "MERGED"

    assert forge.open_pull_request(wanted(run_id=RUN)).state == "merged"


def test_a_first_look_that_fails_does_not_keep_a_new_one_from_being_opened(
    forge: GitHubForge, github: GitHub
) -> None:
    github.trouble(Trouble.SERVER_ERROR, operation=LIST)

    opened = forge.open_pull_request(wanted(run_id=RUN))

    assert not opened.adopted
    assert opened.warnings == ()


def test_a_look_that_must_be_certain_is_tried_twice(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    first = forge.open_pull_request(wanted(run_id=RUN))
    github.pulls[0].state = "MERGED"
    github.trouble(Trouble.SERVER_ERROR, operation=LIST)

    found = forge.find_merged(wanted(run_id=RUN))

    assert found is not None
    assert (found.url, found.state, len(pauses)) == (first.url, "merged", 1)


@pytest.mark.parametrize(
    ("trouble", "kind", "hint", "pauses_made"),
    [
        (Trouble.SERVER_ERROR, "later", "try again later", 1),
        (Trouble.UNAUTHORIZED, "refused", "gh auth status", 0),
    ],
)
def test_before_a_branch_is_pushed_again_somebody_must_be_able_to_tell(
    forge: GitHubForge,
    github: GitHub,
    pauses: list[float],
    trouble: Trouble,
    kind: str,
    hint: str,
    pauses_made: int,
) -> None:
    github.trouble(trouble, operation=LIST, times=None)

    with pytest.raises(GhFailed, match=r"could not look what became of feat/x in") as caught:
        forge.find_merged(wanted(run_id=RUN))

    assert caught.value.kind == kind
    assert hint in caught.value.hint
    assert len(pauses) == pauses_made


def test_one_without_an_own_address_costs_no_look(forge: GitHubForge, github: GitHub) -> None:
    forge.open_pull_request(wanted())

    assert LIST not in github.operations


def _merge(github: GitHub, branch: str) -> None:
    origin = Sandbox(github.state.origin)
    origin.git("update-ref", "refs/heads/main", origin.git("rev-parse", branch))
