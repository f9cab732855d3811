"""Whether pull requests could be opened here, asked before any money is spent."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.errors import GhFailed, Stopped
from runner.forge.github import GitHubForge
from runner.forge.open_request import RETRY_AFTER_S
from runner.gh.program import Gh
from runner.process.stop import Stop, StopReason
from tests.forge.conftest import REPOSITORY
from tests.peers.github import HOST, GitHub, Trouble
from tests.peers.github_troubles import RESET_AFTER_S  # fmt: skip
from tests.peers.github_troubles import RETRY_AFTER_S as HASTE_S

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def refused(forge: GitHubForge) -> GhFailed:
    with pytest.raises(GhFailed) as caught:
        forge.check_access()
    return caught.value


def test_one_cheap_question_is_enough(forge: GitHubForge, github: GitHub, pauses: list[float]) -> None:
    forge.check_access()

    assert github.operations == ["GET /repos/acme/widget"]
    assert pauses == []


@pytest.mark.parametrize("scopes", ["repo", "public_repo", "gist, repo", None])
def test_a_token_that_may_write_is_enough(forge: GitHubForge, github: GitHub, scopes: str | None) -> None:
    github.state.scopes = scopes

    forge.check_access()


def test_a_token_of_an_app_is_told_of_no_right_and_may_have_all(forge: GitHubForge, github: GitHub) -> None:
    github.state.may_pull = github.state.may_push = False
    github.state.scopes = None

    forge.check_access()


REFUSALS = {
    "token refused": f"{HOST} does not accept gh's token",
    "read only": f"gh may not open pull requests in {REPOSITORY}: its account may read there, not write",
    "archived": f"gh may not open pull requests in {REPOSITORY}: it is archived: nobody may write there",
    "no scope": f"gh may not open pull requests in {REPOSITORY}: its token lacks the scope repo",
    "not seen": f"gh sees no repository {REPOSITORY}",
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_needs_a_person(forge: GitHubForge, github: GitHub, pauses: list[float], case: str) -> None:
    state = github.state
    if case == "token refused":
        github.trouble(Trouble.UNAUTHORIZED)
    state.may_push = case != "read only"
    state.archived = case == "archived"
    state.private, state.scopes = (True, "public_repo, gist") if case == "no scope" else (False, "repo")
    state.name = "other" if case == "not seen" else state.name

    error = refused(forge)

    assert str(error) == REFUSALS[case]
    assert error.hint
    assert (error.kind, error.retry_at, error.exit_code) == ("refused", None, 5)
    assert pauses == []


def test_a_gh_that_is_not_signed_in_asks_nobody(github: GitHub) -> None:
    environment = dict(os.environ) | github.environment | {"GH_TOKEN": ""}

    error = refused(GitHubForge(Gh(environment=environment), REPOSITORY))

    assert str(error) == f"gh is not signed in to {HOST}"
    assert error.hint.startswith(f"run `gh auth login --hostname {HOST}`")
    assert error.kind == "refused"
    assert github.operations == []


@pytest.mark.parametrize("trouble", [Trouble.SERVER_ERROR, Trouble.RESET])
def test_what_passes_is_asked_once_more(
    forge: GitHubForge, github: GitHub, pauses: list[float], trouble: Trouble
) -> None:
    github.trouble(trouble)

    forge.check_access()

    assert pauses == [RETRY_AFTER_S]


def test_a_host_that_stays_down_is_for_later(forge: GitHubForge, github: GitHub, pauses: list[float]) -> None:
    github.trouble(Trouble.SERVER_ERROR, times=None)

    error = refused(forge)

    assert str(error) == f"{HOST} failed: gh: HTTP 502"
    assert error.hint == "nothing was begun and nothing spent: try again later"
    assert error.kind == "later"
    assert pauses == [RETRY_AFTER_S]


def test_no_way_out_is_for_later(github: GitHub, pauses: list[float]) -> None:
    environment = dict(os.environ) | github.environment | {"HTTP_PROXY": "http://127.0.0.1:1"}

    error = refused(GitHubForge(Gh(environment=environment), REPOSITORY, pause=pauses.append))

    assert str(error).startswith(f"gh cannot reach {HOST}: ")
    assert error.kind == "later"


@pytest.mark.parametrize(
    ("trouble", "seconds"), [(Trouble.RATE_LIMIT, RESET_AFTER_S), (Trouble.SECONDARY_LIMIT, HASTE_S)]
)
def test_a_host_that_wants_fewer_requests_says_until_when(
    gh: Gh, github: GitHub, trouble: Trouble, seconds: int
) -> None:
    github.trouble(trouble)

    error = refused(GitHubForge(gh, REPOSITORY, now=lambda: NOW))

    assert error.kind == "later"
    assert error.retry_at is not None
    assert abs(error.retry_at - NOW - timedelta(seconds=seconds)) <= timedelta(seconds=2)
    assert f"{error.retry_at:%Y-%m-%d %H:%M:%S} UTC" in error.hint
    assert github.operations == ["GET /repos/acme/widget"]


@pytest.mark.parametrize("trouble", [Trouble.NOT_JSON, Trouble.HANG])
def test_no_answer_of_the_host_is_for_later(github: GitHub, trouble: Trouble) -> None:
    github.trouble(trouble, times=None)
    gh = Gh(environment=dict(os.environ) | github.environment, timeout_s=0.5)

    assert refused(GitHubForge(gh, REPOSITORY)).kind == "later"


def test_a_machine_without_gh_is_refused(tmp_path: Path) -> None:
    error = refused(GitHubForge(Gh(environment={"PATH": str(tmp_path)}), REPOSITORY))

    assert (error.kind, error.hint) == ("refused", "install gh, or pass --no-pr")


def test_an_unknown_refusal_is_told_in_its_own_words(forge: GitHubForge, github: GitHub) -> None:
    github.trouble(Trouble.GONE)

    error = refused(forge)

    assert str(error) == f"gh could not look at {REPOSITORY}: gh: Repository access blocked (HTTP 451)"
    assert error.kind == "rejected"


def test_a_run_that_was_told_to_stop_asks_nobody(github: GitHub) -> None:
    stop = Stop()
    stop.set(StopReason.CANCELLED)
    gh = Gh(environment=dict(os.environ) | github.environment, stop=stop)

    with pytest.raises(Stopped):
        GitHubForge(gh, REPOSITORY).check_access()

    assert github.operations == []
