"""Addresses of remotes and of pull requests."""

from __future__ import annotations

import pytest

from runner.forge.remote import RemoteRepository, pull_request_place, repository_of

WIDGET = RemoteRepository(host="github.com", owner="acme", name="widget")


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:acme/widget.git",
        "github.com:acme/widget",
        "ssh://git@github.com/acme/widget.git",
        "ssh://git@ssh.github.com:443/acme/widget.git",
        "https://github.com/acme/widget.git",
        "https://GitHub.com/acme/widget/",
        "https://user:secret@github.com/acme/widget",
        "https://www.github.com:443/acme/widget.git",
        "git://github.com/acme/widget.git",
        "http://github.com/acme/widget",
    ],
)
def test_every_spelling_names_the_same_repository(url: str) -> None:
    assert repository_of(url) == WIDGET


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/srv/git/widget.git",
        "../widget",
        "file:///srv/git/acme/widget.git",
        "C:\\repos\\widget",
        "ext::sh -c evil",
        "https://github.com/widget",
        "https://gitlab.example.org/group/sub/widget.git",
        "https://github.com/ac me/widget",
        "https://github.com/-x/widget",
        "https://github.com/acme/--repo=x",
        "https://github.com/acme/wid\nget",
        "https://",
    ],
)
def test_what_is_no_repository_on_a_forge_is_none(url: str | None) -> None:
    assert repository_of(url) is None


def test_a_repository_is_written_as_gh_wants_it() -> None:
    assert str(WIDGET) == "github.com/acme/widget"


def test_names_are_the_same_in_upper_and_lower_case() -> None:
    assert WIDGET.is_named("ACME", "Widget")
    assert not WIDGET.is_named("acme", "gadget")


@pytest.mark.parametrize(
    "url", ["https://github.com/acme/widget/pull/7", "https://GITHUB.com/acme/widget/pull/4294967295"]
)
def test_the_address_of_a_pull_request_tells_its_repository(url: str) -> None:
    assert pull_request_place(url) == WIDGET


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "github.localhost"])
def test_http_is_believed_on_this_machine(host: str) -> None:
    place = pull_request_place(f"http://{host}/acme/widget/pull/1")

    assert place == RemoteRepository(host=host, owner="acme", name="widget")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://github.com/acme/widget/pull/1",
        "https://github.com/acme/widget/pull/0",
        "https://github.com/acme/widget/pull/1/files",
        "https://github.com/acme/widget/pull/1?x=1",
        "https://github.com/acme/widget/pull/1\n",
        "https://github.com/acme/widget/issues/1",
        "https://github.com:8443/acme/widget/pull/1",
        "https://github.com@evil.example.org/acme/widget/pull/1",
        "https://github.com/acme/wid get/pull/1",
        "https://github.com/acme/widget/pull/\u0661",
        "javascript://github.com/acme/widget/pull/1",
        "ftp://github.com/acme/widget/pull/1",
    ],
)
def test_any_other_address_is_none(url: str) -> None:
    assert pull_request_place(url) is None
