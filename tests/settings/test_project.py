"""One project for every spelling of its remote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.settings.project import normalised_remote, project_of

SAME = [
    "git@github.com:ada/widget.git",
    "github.com:ada/widget",
    "git@GitHub.com:/ada/widget.git/",
    "[git@github.com]:ada/widget",
    "[git@github.com:2222]:ada/widget.git",
    "ada:secret@github.com:ada/widget.git",
    "ssh://git@github.com/ada/widget.git",
    "ssh://git@github.com:22/ada/widget",
    "git+ssh://git@github.com:/ada/widget",
    "https://github.com/ada/widget",
    "https://github.com/ada/widget.git/",
    "https://ada:secret@github.com:8443/ada//widget.git",
    "https://x:y@z@github.com/ada/widget",
    "HTTP://github.com./ada/widget?token=secret#x",
    "git://github.com/./ada/widget.git",
    " https://github.com/ada/widget ",
]


@pytest.mark.parametrize("url", SAME)
def test_every_spelling_of_a_remote_is_the_same_project(url: str) -> None:
    assert normalised_remote(url) == "github.com/ada/widget"


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gitlab.example.org/group/sub/Widget", "gitlab.example.org/group/sub/Widget"),
        ("ssh://git@[2001:db8::1]:22/ada/widget.git", "[2001:db8::1]/ada/widget"),
        ("git@[2001:DB8::1]:ada/widget.git", "[2001:db8::1]/ada/widget"),
        ("[::1]:ada/widget", "[::1]/ada/widget"),
        ("ssh://host/~ada/widget", "host/~ada/widget"),
        ("work_host:widget", "work_host/widget"),
    ],
)
def test_host_and_path_are_kept(url: str, project: str) -> None:
    assert normalised_remote(url) == project


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/widget.git",
        "../widget.git",
        "./a:b",
        "file:///srv/git/widget.git",
        "ext::sh -c evil",
        "https://github.com",
        "https://github.com/.git",
        "https:///ada/widget",
        "https://user@/ada/widget",
        "git@:ada/widget",
        "https://github.com/ada/../../etc",
        "git@github.com:ada/\nwidget",
        "ada:secret@github.com/widget",
        "foo://github.com/ada/widget",
        "https://-x/ada/widget",
        "git@host:team@x/widget",
        "[::1]",
    ],
)
def test_what_names_no_host_and_repository_is_no_remote(url: str) -> None:
    assert normalised_remote(url) is None


def test_without_a_remote_the_project_is_the_path() -> None:
    assert project_of(None, "/home/ada/widget") == "/home/ada/widget"
    assert project_of("/srv/git/widget.git", "/home/ada/widget") == "/home/ada/widget"
    assert project_of("git@github.com:ada/widget.git", "/home/ada/widget") == "github.com/ada/widget"


@given(st.text(max_size=60), st.sampled_from(["", "https://", "ssh://", "git@host:"]))
def test_a_project_is_one_printable_line_without_a_password(text: str, start: str) -> None:
    project = normalised_remote(start + text)

    if project is not None:
        host, _, path = project.partition("/")
        assert project.isprintable()
        assert "@" not in host
        assert path
        assert not path.endswith("/")


@given(st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){1,3}", fullmatch=True))
def test_ssh_and_https_agree(path: str) -> None:
    short, long, https = f"git@host:{path}.git", f"ssh://git@host:22/{path}", f"https://u:p@host:1/{path}/"

    assert normalised_remote(short) == normalised_remote(long) == normalised_remote(https) == f"host/{path}"
