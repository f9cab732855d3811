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


def test_a_look_at_a_known_one_is_tried_twice(
    forge: GitHubForge, github: GitHub, pauses: list[float]
) -> None:
    first = forge.open_pull_request(wanted(run_id=RUN))
    github.pulls[0].state = "MERGED"
    github.trouble(Trouble.SERVER_ERROR, operation=LIST)

    assert forge.open_pull_request(wanted(run_id=RUN, known_url=first.url)).state == "merged"
    assert len(pauses) == 1


def test_nothing_is_opened_while_nobody_can_tell_what_became_of_a_known_one(
    forge: GitHubForge, github: GitHub
) -> None:
    first = forge.open_pull_request(wanted(run_id=RUN))
    github.pulls[0].state = "CLOSED"
    github.trouble(Trouble.SERVER_ERROR, operation=LIST, times=None)

    with pytest.raises(GhFailed, match="could not look what became of") as caught:
        forge.open_pull_request(wanted(run_id=RUN, known_url=first.url))

    assert caught.value.kind == "later"
    assert "try again later" in caught.value.hint
    assert len(github.pulls) == 1


def test_one_without_an_own_address_costs_no_look(forge: GitHubForge, github: GitHub) -> None:
    forge.open_pull_request(wanted())

    assert LIST not in github.operations


def _merge(github: GitHub, branch: str) -> None:
    origin = Sandbox(github.state.origin)
    origin.git("update-ref", "refs/heads/main", origin.git("rev-parse", branch))
