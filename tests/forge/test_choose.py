"""Where the pull requests of a checkout go."""

from __future__ import annotations

import pytest

from runner.forge.choose import choose
from runner.forge.remote import RemoteRepository

GITHUB = "git@github.com:acme/widget.git"
OWN = "https://git.example.org/acme/widget.git"


class KnownHosts:
    """What gh has tokens for; keeps what it was asked."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.asked: list[str] = []

    def __call__(self, host: str) -> bool:
        self.asked.append(host)
        return host in self.hosts


@pytest.mark.parametrize("host", ["github.com", "acme.ghe.com", "github.localhost"])
def test_githubs_own_hosts_need_no_question(host: str) -> None:
    known = KnownHosts()

    choice = choose(f"https://{host}/acme/widget.git", gh_available=True, gh_knows=known)

    assert choice.repository == RemoteRepository(host=host, owner="acme", name="widget")
    assert choice.reason == f"gh opens it in {host}/acme/widget"
    assert known.asked == []


def test_a_server_of_ones_own_is_gh_s_if_it_has_a_token_for_it() -> None:
    choice = choose(OWN, gh_available=True, gh_knows=KnownHosts("git.example.org"))

    assert choice.repository == RemoteRepository(host="git.example.org", owner="acme", name="widget")


@pytest.mark.parametrize(
    ("remote", "available", "reason"),
    [
        (None, True, "there is no remote"),
        ("", True, "there is no remote"),
        ("/srv/git/widget.git", True, "the remote is not a repository on a forge"),
        (GITHUB, False, "gh is not installed; with it, it would be opened in github.com/acme/widget"),
        (OWN, True, "gh has no token for git.example.org (`gh auth login --hostname git.example.org`)"),
        ("https://evil-ghe.com/a/b", True, "gh has no token for evil-ghe.com"),
    ],
)
def test_otherwise_it_is_written_down_and_the_reason_told(
    remote: str | None, available: bool, reason: str
) -> None:
    choice = choose(remote, gh_available=available, gh_knows=KnownHosts())

    assert choice.repository is None
    assert choice.reason.startswith(reason)
    assert choice.reason.endswith(": the pull request is written into the run's folder")


def test_a_missing_gh_is_a_warning_where_the_remote_is_githubs() -> None:
    choice = choose(GITHUB, gh_available=False, gh_knows=KnownHosts())

    assert choice.warning.startswith(
        "gh is not installed: the pull request is only written down, not opened in "
    )
    assert "github.com/acme/widget; install it from https://cli.github.com" in choice.warning


@pytest.mark.parametrize(
    ("remote", "available"),
    [(None, False), ("/srv/git/widget.git", False), (OWN, False), (OWN, True), (GITHUB, True)],
)
def test_nobody_is_warned_of_what_they_expect(remote: str | None, available: bool) -> None:
    assert choose(remote, gh_available=available, gh_knows=KnownHosts()).warning == ""
