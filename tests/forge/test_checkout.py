"""From a checkout to a pull request, as a run does it: real git pushes, real gh opens."""

from __future__ import annotations

import os
from pathlib import Path

from runner.forge.choose import choose
from runner.forge.github import GitHubForge
from runner.gh.program import Gh
from tests.forge.contract import wanted
from tests.peers.github import GitHub
from tests.support.git import Sandbox


def test_a_pushed_branch_becomes_a_pull_request_and_an_unpushed_one_does_not(
    repository: Sandbox, gh: Gh, github: GitHub
) -> None:
    repository.git("remote", "add", "origin", github.remote_url)
    repository.git("config", f"url.{github.state.origin}.pushInsteadOf", github.remote_url)
    repository.git("push", "-q", "--force", "origin", "main")
    repository.git("checkout", "-q", "-b", "fix/T-1-clock")
    repository.commit("fix: the clock", {"clock.py": "utc = True\n"})
    choice = choose(
        repository.git("remote", "get-url", "origin"), gh_available=gh.available(), gh_knows=gh.knows
    )
    assert choice.repository is not None
    forge = GitHubForge(gh, choice.repository)

    repository.git("push", "-q", "origin", "fix/T-1-clock")
    opened = forge.open_pull_request(wanted(branch="fix/T-1-clock", labels=("bug",)))

    assert opened.url == "http://github.localhost/acme/widget/pull/1"
    assert (github.pulls[0].head, github.pulls[0].labels) == ("fix/T-1-clock", ["bug"])
    assert not [asked for asked in github.operations if asked.startswith("CONNECT")]


def test_a_machine_without_gh_is_told_at_once(tmp_path: Path) -> None:
    gh = Gh(environment={**os.environ, "PATH": str(tmp_path)})

    choice = choose("git@github.com:acme/widget.git", gh_available=gh.available(), gh_knows=gh.knows)

    assert choice.repository is None
    assert "gh is not installed" in choice.reason
