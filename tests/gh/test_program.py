"""The gh program: what it is handed and what comes back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import GhFailed, Stopped
from runner.gh.program import Gh, SeenPullRequest
from runner.gh.words import GhAnswer, Said
from runner.process.stop import Stop, StopReason
from tests.peers.github import HOST, TOKEN, GitHub, Trouble
from tests.support.git import Sandbox

REPOSITORY = f"{HOST}/acme/widget"
URL = f"http://{REPOSITORY}/pull/1"


def create(gh: Gh, *, head: str = "feat/x", title: str = "T", labels: tuple[str, ...] = ()) -> GhAnswer:
    return gh.pull_request_create(REPOSITORY, title=title, body="B", base="main", head=head, labels=labels)


def test_a_pull_request_is_created_from_outside_the_checkout(
    gh: Gh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert create(gh) == GhAnswer(said=Said.CREATED, url=URL)


def test_values_that_begin_with_a_dash_stay_values(gh: Gh, github: GitHub) -> None:
    create(gh, title="--draft", labels=("--web",))
    create(gh, title="--draft")

    assert [(pull.title, pull.draft) for pull in github.pulls] == [("--draft", False)]


def test_what_no_program_can_be_handed_is_mended(gh: Gh, github: GitHub) -> None:
    create(gh, title="a\0b\ud800c")

    assert github.pulls[0].title == "ab?c"


def test_a_label_with_a_comma_and_quotes_is_one_label(gh: Gh, github: GitHub) -> None:
    create(gh, labels=('odd, "label"', "", "good first issue"))

    assert github.pulls[0].labels == ['odd, "label"', "good first issue"]


def test_the_token_goes_to_the_host_and_nothing_else_is_asked(gh: Gh, github: GitHub) -> None:
    create(gh)

    assert github.operations == ["RepositoryInfo", "PullRequestForBranch", "PullRequestCreate"]


def test_without_a_token_gh_asks_nobody(github: GitHub) -> None:
    environment = dict(os.environ) | github.environment | {"GH_TOKEN": ""}

    answer = create(Gh(environment=environment))

    assert answer.said is Said.NOT_AUTHENTICATED
    assert github.operations == []


def test_a_server_that_says_nothing_is_given_up(github: GitHub) -> None:
    gh = Gh(environment=dict(os.environ) | github.environment, timeout_s=0.5)
    github.trouble(Trouble.HANG)

    answer = create(gh)

    assert answer == GhAnswer(said=Said.TIMED_OUT, detail="gh gave no answer in 0.5 s")


def test_a_run_that_was_told_to_stop_calls_nobody(github: GitHub) -> None:
    stop = Stop()
    stop.set(StopReason.CANCELLED)

    with pytest.raises(Stopped):
        create(Gh(environment=dict(os.environ) | github.environment, stop=stop))

    assert github.operations == []


def test_open_pull_requests_of_a_branch_are_seen_newest_first(gh: Gh, github: GitHub) -> None:
    github.state.open_pull(head="feat/x", fork_owner="mallory")
    github.state.open_pull(head="feat/x", base="next")
    github.state.open_pull(head="other")
    github.state.open_pull(head="feat/x").state = "CLOSED"
    tip = Sandbox(github.state.origin).git("rev-parse", "feat/x")

    seen = gh.pull_request_view(REPOSITORY, "feat/x")

    first = SeenPullRequest(
        url=f"http://{REPOSITORY}/pull/1", base="main", from_fork=True, title="feat/x", head_commit=tip
    )
    assert seen == (replace(first, url=f"http://{REPOSITORY}/pull/2", base="next", from_fork=False), first)


def test_the_newest_commit_is_told_also_of_one_that_was_merged_and_its_branch_deleted(
    gh: Gh, github: GitHub
) -> None:
    origin = Sandbox(github.state.origin)
    pull = github.state.open_pull(head="feat/x")
    origin.git("update-ref", "refs/heads/feat/x", origin.git("rev-parse", "feat/y"))
    tip = origin.git("rev-parse", "feat/y")
    github.state.end_pull(pull, "MERGED", squashed=True, delete=True)

    (seen,) = gh.pull_request_view(REPOSITORY, "feat/x", ended_too=True)

    assert (seen.state, seen.head_commit) == ("MERGED", tip)


def test_an_open_pull_request_is_seen_with_all_that_can_be_brought_up_to_date(gh: Gh, github: GitHub) -> None:
    pull = github.state.open_pull(head="feat/x", title="T")
    pull.body, pull.draft, pull.labels = "Ümläut\r\n<!-- x -->", True, ["bug", 'odd, "label"']

    (seen,) = gh.pull_request_view(REPOSITORY, "feat/x")

    assert (seen.title, seen.body, seen.draft) == ("T", "Ümläut\r\n<!-- x -->", True)
    assert seen.labels == ("bug", 'odd, "label"')


def test_a_list_that_was_refused_is_an_error_with_its_words(gh: Gh, github: GitHub) -> None:
    github.trouble(Trouble.FORBIDDEN)

    with pytest.raises(GhFailed, match="HTTP 403: Resource not accessible") as caught:
        gh.pull_request_view(REPOSITORY, "feat/x")
    assert caught.value.kind == "refused"


def test_a_renamed_repository_tells_its_new_name(gh: Gh, github: GitHub) -> None:
    github.state.former_name = "acme/widget"
    github.state.name = "gadget"

    assert gh.repository_name(REPOSITORY) == "acme/gadget"


def test_gh_knows_the_hosts_it_has_a_token_for(gh: Gh, github: GitHub) -> None:
    assert gh.knows(HOST)
    assert not gh.knows("git.example.org")
    assert github.operations == []


def test_a_program_that_is_not_there_is_not_available(tmp_path: Path) -> None:
    gh = Gh(environment={"PATH": str(tmp_path)})

    assert not gh.available()
    assert not gh.knows(HOST)
    with pytest.raises(GhFailed, match="gh") as caught:
        create(gh)
    assert caught.value.hint == "install gh, or pass --no-pr"
    assert caught.value.kind == "refused"


class StandIn:
    """An executable in gh's place that notes what it was given and answers as told."""

    def __init__(self, folder: Path) -> None:
        self.program, self.notes = folder / "gh", folder / "notes"

    def says(self, stdout: str, *, code: int = 0, stderr: str = "") -> None:
        self.program.write_text(
            f"#!/bin/sh\nenv > {self.notes}; stat -c %a text >> {self.notes}; ls -a >> {self.notes}\n"
            f"printf '%s' '{stdout}'; printf '%s' '{stderr}' >&2; exit {code}\n"
        )
        self.program.chmod(0o755)

    def gh(self, **environment: str) -> Gh:
        return Gh(environment={"PATH": os.environ["PATH"], **environment}, program=str(self.program))


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


def test_only_the_variables_that_gh_needs_reach_it(stand_in: StandIn) -> None:
    stand_in.says(URL)
    secrets = {"AWS_SECRET_ACCESS_KEY": "s", "ANTHROPIC_API_KEY": "s", "GH_REPO": "x/y", "GH_DEBUG": "api"}

    create(stand_in.gh(GH_TOKEN=TOKEN, GH_HOST=HOST, HTTPS_PROXY="http://127.0.0.1:1", **secrets))

    names = {line.partition("=")[0] for line in stand_in.notes.read_text().splitlines()}
    assert {"GH_TOKEN", "GH_HOST", "HTTPS_PROXY", "GH_PROMPT_DISABLED", "GH_NO_UPDATE_NOTIFIER"} <= names
    assert not names & secrets.keys()


def test_the_body_is_a_private_file_in_a_folder_that_is_gone_afterwards(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.says(URL)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    create(stand_in.gh())

    assert stand_in.notes.read_text().splitlines()[-4:] == ["600", ".", "..", "text"]
    assert list(scratch.iterdir()) == []


def test_no_place_for_the_body_is_one_line(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.says(URL)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    with pytest.raises(GhFailed, match="No such file or directory"):
        create(stand_in.gh())


@pytest.mark.parametrize(
    "answer",
    [
        "no json",
        "{}",
        "[1]",
        "[[]]",
        '[{"url": 1, "baseRefName": "main", "isCrossRepository": false}]',
        '[{"url": "x"}]',
        '[{"url": "u", "baseRefName": "m", "isCrossRepository": false, "title": "t", "body": "b", "isDraft": 0, '
        '"labels": [], "state": "OPEN"}]',
        '[{"url": "u", "baseRefName": "m", "isCrossRepository": false, "title": "t", "body": "b", "isDraft": true, '
        '"labels": [{"name": 7}], "state": "OPEN"}]',
        "null",
    ],
)
def test_a_list_of_something_else_is_refused(stand_in: StandIn, answer: str) -> None:
    stand_in.says(answer)

    with pytest.raises(GhFailed, match=r"no JSON|something else than pull requests"):
        stand_in.gh().pull_request_view(REPOSITORY, "feat/x")


@pytest.mark.parametrize("answer", ["[]", "{}", json.dumps({"nameWithOwner": 3})])
def test_a_name_that_is_none_is_empty(stand_in: StandIn, answer: str) -> None:
    stand_in.says(answer)

    assert stand_in.gh().repository_name(REPOSITORY) == ""


def test_a_silent_failure_of_a_list_is_told(stand_in: StandIn) -> None:
    stand_in.says("", code=3)

    with pytest.raises(GhFailed, match="gh ended with 3 and no word"):
        stand_in.gh().pull_request_view(REPOSITORY, "feat/x")
