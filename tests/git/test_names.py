"""Branch names and kinds of change."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runner.errors import UsageProblem
from runner.git.names import (
    Kind,
    branch_name,
    check_ref_name,
    in_the_way,
    kind_of,
    ref_name_problem,
    safe_id,
    slug,
    split_header,
)


@pytest.mark.parametrize(
    ("labels", "title", "expected"),
    [
        (["enhancement"], "Add user authentication", "feat/123-add-user-authentication"),
        (["bug"], "Fix login error", "fix/123-fix-login-error"),
        (["documentation"], "Update README", "docs/123-update-readme"),
        (["refactor"], "Refactor auth module", "refactor/123-refactor-auth-module"),
        (["test"], "Add unit tests", "test/123-add-unit-tests"),
        (["tests"], "Add unit tests", "test/123-add-unit-tests"),
        (["chore"], "Update dependencies", "chore/123-update-dependencies"),
        ([], "New feature", "feat/123-new-feature"),
        (
            [],
            "This is a very long title that should be truncated to fit the branch name limit",
            "feat/123-this-is-a-very-long-title-that-should-be",
        ),
        (["bug"], "User's auth (OAuth2) [important]!", "fix/123-users-auth-oauth2-important"),
        ([], "", "feat/123"),
    ],
)
def test_a_branch_is_prefix_id_and_slug(labels: list[str], title: str, expected: str) -> None:
    assert branch_name("123", title, labels) == expected


@pytest.mark.parametrize(
    ("labels", "title", "kind"),
    [
        (["urgent", "Bug", "docs"], "x", "fix"),
        (["docs", "bug"], "x", "docs"),
        (["refactoring"], "x", "refactor"),
        (["performance"], "x", "perf"),
        (["CI"], "x", "ci"),
        (["build"], "x", "build"),
        (["style"], "x", "style"),
        (["testing"], "x", "test"),
        (["hotfix"], "x", "fix"),
        (["kind/bug"], "x", "fix"),
        (["type: docs"], "x", "docs"),
        (["area/ci"], "x", "feat"),
        ([], "Fix the clock", "fix"),
        ([], "fix(clock)!: broken", "fix"),
        ([], "Docs: say more", "docs"),
        ([], "Document the API", "docs"),
        ([], "Build a page", "feat"),
        ([], "Test drive booking", "feat"),
        ([], "note: a colon is not a type", "feat"),
        ([], "   ", "feat"),
        (["feature"], "Fix the clock", "feat"),
    ],
)
def test_the_first_label_that_says_a_kind_wins_then_the_title(
    labels: list[str], title: str, kind: str
) -> None:
    assert kind_of(labels, title) == Kind(branch_prefix=kind, commit_type=kind)


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("fix(api)!: repair it", ("(api)!", "repair it")),
        ("Feat: new", ("", "new")),
        ("note: stays", ("", "note: stays")),
        ("plain", ("", "plain")),
    ],
)
def test_a_conventional_header_is_split_from_its_title(title: str, parts: tuple[str, str]) -> None:
    assert split_header(title) == parts


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Größe ändern", "grosse-andern"),
        ("Почини часы", "pochini-chasy"),
        ("修复时钟", "xiufushizhong"),
        ("a__b - c", "a-b-c"),
        ("!!!", ""),
        ("-- x --", "x"),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_a_slug_keeps_what_can_be_read(title: str, expected: str) -> None:
    assert slug(title) == expected


@pytest.mark.parametrize(
    ("task_id", "expected"),
    [
        ("T-7", "T-7"),
        ("github:acme/widget#12", "github-acme-widget-12"),
        ("../..", "task"),
        ("x" * 80, "x" * 64),
    ],
)
def test_a_task_id_becomes_harmless(task_id: str, expected: str) -> None:
    assert safe_id(task_id) == expected


def test_a_prefix_of_the_settings_replaces_that_of_the_kind() -> None:
    assert branch_name("T-7", "Clock", ["bug"], prefix="agents/") == "agents/T-7-clock"
    assert branch_name("T-7", "Clock", ["bug"], prefix="") == "T-7-clock"


def test_a_prefix_that_git_would_refuse_is_an_error() -> None:
    with pytest.raises(UsageProblem, match="two dots"):
        branch_name("T-7", "Clock", [], prefix="a..b")


@given(st.text(max_size=60), st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_every_task_gets_a_name_that_git_accepts(task_id: str, title: str, labels: list[str]) -> None:
    name = branch_name(task_id, title, labels)

    assert ref_name_problem(name) == ""
    assert not name.endswith("-")


_PIECES = st.sampled_from(
    [*"aB9-_./@{~^:?*[\\ \t\x7f\x1fé時", "..", "//", "@{", ".lock", "lock", "HEAD", "refs"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=6).map("".join))
def test_the_rules_for_names_are_those_of_git(name: str) -> None:
    # git's check lets this one pass, but as a revision it means HEAD.
    assume(name != "@")

    done = subprocess.run(
        ["git", "check-ref-format", "--branch", name],
        env=os.environ,
        capture_output=True,
        check=False,
        cwd="/",
    )

    assert (ref_name_problem(name) == "") == (done.returncode == 0)


def test_a_bad_name_is_refused_with_its_reason() -> None:
    check_ref_name("fix/T-7")
    with pytest.raises(UsageProblem, match=r"'a b' cannot be the name of a branch: it has a space") as caught:
        check_ref_name("a b")
    assert "fix/T-7-clock" in caught.value.hint


def test_names_stand_in_each_other_s_way_as_folders_and_files_do() -> None:
    assert in_the_way("fix", "fix/a")
    assert in_the_way("fix/a/b", "fix/a")
    assert not in_the_way("fix/a", "fix/a")
    assert not in_the_way("fixed", "fix/a")
