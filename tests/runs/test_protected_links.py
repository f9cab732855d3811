"""Protected paths and symbolic links: where one leads counts, and the place that it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.runs.allowing import granted
from runner.runs.protected import protected_in


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/etc/passwd", "a link that leaves the repository: /etc/passwd"),
        ("../../x", "a link that leaves the repository: ../../x"),
        ("..", "a link to the top of the repository, with all protected files"),
        ("../..", "a link that leaves the repository: ../.."),
        ("../.github", "a link to a folder with protected files: .github"),
        ("../docs/../.GitHub/", "a link to a folder with protected files: .GitHub"),
        ("..\\.github", "a link to a folder with protected files: .github"),
        ("../.github/ISSUE_TEMPLATE", None),
        ("../.husky", "a link to a protected file: .husky"),
        ("../app/.vscode", "a link to a folder with protected files: app/.vscode"),
        ("../.gitlab", "a link to a folder with protected files: .gitlab"),
        ("../vendor/.gitlab", None),
        ("../.github/workflows/ci.yml", "a link to a protected file: .github/workflows/ci.yml"),
        ("../.github/workflows", "a link to a protected file: .github/workflows"),
        ("../CLAUDE.md", "a link to a protected file: CLAUDE.md"),
        ("other", None),
    ],
)
def test_a_link_counts_for_where_it_leads(target: str, why: str | None) -> None:
    found = protected_in(["sub/link"], links={"sub/link": target})

    assert [item.why for item in found] == ([why] if why else [])


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".github", "a link in the place of a folder with protected files"),
        (".Github", "a link in the place of a folder with protected files"),
        (".github/workflows", "decides what the build servers run, with their secrets"),
        ("app/.vscode", "a link in the place of a folder with protected files"),
        (".husky", "runs on every machine that has this repository"),
        ("packages/a/.claude", "tells agents what to do and what they may"),
        ("prompts", "decides what runner does"),
        ("infra", "a link in the place of a folder with protected files"),
        ("infra/live", "a link in the place of a folder with protected files"),
        ("vault", "protected by the settings"),
        ("keys/old", "a link in the place of a folder with protected files"),
        ("docs/latest", None),
        ("vendor/.github", None),
        ("src/prompts", None),
        ("husky", None),
        ("a", None),
    ],
)
def test_a_link_counts_for_the_place_that_it_takes(path: str, why: str | None) -> None:
    extra = ["infra/**/secret.tf", "vault/**", "*/**/odd.txt", "keys/o**z"]

    found = protected_in([path], extra=extra, links={path: "elsewhere"})

    assert [(item.path, item.why) for item in found] == ([(path, why)] if why else [])


def test_a_file_or_folder_of_that_name_is_no_link() -> None:
    assert protected_in([".github", ".husky", "infra"], extra=["infra/x.tf"]) == ()


@pytest.mark.parametrize(
    ("path", "target", "allowed"),
    [
        ("gh", ".github", "/gh"),
        ("gh", ".github", "/.github/"),
        (".github", "elsewhere", ".github"),
        (".husky", "hooks", ".husky/"),
        ("tools/top", "..", "tools/top"),
        ("infra-now", "infra", "infra/**"),
    ],
)
def test_a_link_that_was_allowed_is_not_asked_about(path: str, target: str, allowed: str) -> None:
    extra = ["infra/**"]

    assert protected_in([path], extra=extra, links={path: target}) != ()
    assert protected_in([path], extra=extra, links={path: target}, allowed=[allowed]) == ()


def test_to_allow_a_part_is_not_to_allow_the_folder() -> None:
    links = {"gh": ".github", ".github": "elsewhere"}

    found = protected_in(links, links=links, allowed=["/.github/workflows/", "x", "y/gh"])

    assert [item.path for item in found] == ["gh", ".github"]


def test_what_a_person_is_told_can_be_allowed_as_it_stands() -> None:
    found = protected_in(["gh", "a/gh"], links={"gh": ".github", "a/gh": "../.github"})

    names = [item.told().partition(" (")[0] for item in found]

    assert names == ["/gh", "a/gh"]
    assert granted(f"allow {' '.join(names)}", ()).patterns == ("/gh", "a/gh")
    assert protected_in(["gh"], links={"gh": ".github"}, allowed=names) == ()


_ORDINARY = st.lists(
    st.sampled_from(["docs", "latest", "v2", "src", "node_modules", "my.github"]), min_size=1, max_size=3
)


@given(_ORDINARY, _ORDINARY)
def test_an_ordinary_link_is_not_asked_about(link: list[str], target: list[str]) -> None:
    path = "/".join(link)
    leads_to = "/".join([".."] * (len(link) - 1) + target)

    assert protected_in([path], links={path: leads_to}) == ()


@given(
    st.lists(st.sampled_from(["a", "b", "c.d", "E"]), min_size=2, max_size=4),
    st.sampled_from(["", "/", "**/"]),
    st.sampled_from(["", "/", "/**"]),
    st.lists(st.sampled_from(["x", "y"]), max_size=2),
    st.data(),
)
def test_every_way_into_a_protected_folder_is_asked_about(
    parts: list[str], start: str, end: str, deeper: list[str], data: st.DataObject
) -> None:
    pattern = f"{start}{'/'.join(parts)}{end}"
    depth = data.draw(st.integers(1, len(parts)))
    folder = "/".join([*(deeper if start == "**/" else []), *parts[:depth]])

    leading_there = protected_in(["to"], extra=[pattern], links={"to": folder})
    in_its_place = protected_in([folder], extra=[pattern], links={folder: "else"})

    assert [item.pattern for item in (*leading_there, *in_its_place)] == [pattern, pattern]


THERE = {
    "ci": ".github",
    "docs/ci": "../ci",
    "deep/er/out": "../../..",
    "far": "docs/ci/workflows/..",
    "top": ".",
}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("ci/workflows", "a link to a protected file: .github/workflows"),
        ("CI./workflows", "a link to a protected file: .github/workflows"),
        ("ci\\workflows", "a link to a protected file: .github/workflows"),
        ("ci", "a link to a folder with protected files: .github"),
        ("docs/ci/workflows/x.yml", "a link to a protected file: .github/workflows/x.yml"),
        ("ci/../.husky", "a link to a protected file: .husky"),
        ("far", "a link to a folder with protected files: .github"),
        ("top/top/.github/workflows", "a link to a protected file: .github/workflows"),
        ("docs/../top", "a link to the top of the repository, with all protected files"),
        ("deep/er/out/etc", "a link that leaves the repository: deep/er/out/etc"),
        ("ci/ISSUE_TEMPLATE", None),
        ("docs/cis/workflows", None),
    ],
)
def test_a_link_counts_for_where_other_links_take_it(target: str, why: str | None) -> None:
    found = protected_in(["new"], links={"new": target}, before=THERE)

    assert [item.why for item in found] == ([why] if why else [])


def test_links_of_the_change_count_on_the_way_and_those_it_removes_do_not() -> None:
    before = {"ci": ".github", "old": ".github"}
    links = {"old": "docs", "one": "two/workflows", "two": ".github", "three": "old/workflows"}

    found = protected_in([*links, "ci", "four"], links={**links, "four": "ci/workflows"}, before=before)

    assert [item.path for item in found] == ["one", "two"]


def test_a_link_of_another_case_hides_none_that_is_as_it_is_written() -> None:
    before = {"docs": "Docs/x", "Docs/l": "../.github"}

    assert [item.path for item in protected_in(["n"], links={"n": "Docs/l"}, before=before)] == ["n"]


def test_what_is_allowed_behind_a_link_is_allowed_through_it() -> None:
    found = protected_in(
        ["new"], links={"new": "ci/workflows"}, before=THERE, allowed=["/.github/workflows/"]
    )

    assert found == ()


def test_a_link_that_leaves_cannot_be_allowed() -> None:
    assert protected_in(["link"], links={"link": "/etc"}, allowed=["link", "**"]) != ()
