"""Protected paths: what an agent may not change unasked, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.runs.protected import DEFAULTS, named_in_task, protected_in


@pytest.mark.parametrize(
    "path",
    [
        ".githooks/pre-commit",
        ".husky/pre-commit",
        ".pre-commit-config.yaml",
        "sub/lefthook.yml",
        ".github/workflows/ci.yml",
        ".github/actions/build/action.yml",
        ".gitlab-ci.yml",
        ".circleci/config.yml",
        "Jenkinsfile",
        "ci/Jenkinsfile",
        "azure-pipelines.release.yml",
        ".buildkite/pipeline.yml",
        ".gitattributes",
        "deep/down/.gitattributes",
        ".gitmodules",
        ".runner.toml",
        "prompts/task.md.j2",
        "CLAUDE.md",
        "packages/a/AGENTS.md",
        ".claude/settings.json",
        ".mcp.json",
        ".cursor/rules/x.mdc",
        "docs/CODEOWNERS",
        ".devcontainer/devcontainer.json",
        ".vscode/tasks.json",
        "app/.vscode/settings.json",
        ".git/hooks/pre-commit",
    ],
)
def test_what_decides_over_others_is_protected(path: str) -> None:
    (found,) = protected_in([path])

    assert found.path == path
    assert found.pattern
    assert found.told() == f"{path} ({found.why})"


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "src/workflows/ci.yml",
        "my.github/workflows/x",
        "notes/Jenkinsfile_notes.md",
        "docs/claude.md.txt",
        ".github/ISSUE_TEMPLATE/bug.md",
        "src/prompts/x.py",
        ".vscode/snippets.json",
        "agents.mdx",
        ".gitignore",
    ],
)
def test_what_only_looks_like_it_is_not(path: str) -> None:
    assert protected_in([path]) == ()


@pytest.mark.parametrize(
    "path",
    [
        ".GitHub/Workflows/ci.yml",
        "claude.MD",
        ".github/workflows./ci.yml",
        "CLAUDE.md ",
        ".git\u200chub/workflows/ci.yml",
        "CLAUDE\u200b.md",
        ".Claude\\settings.json",
        ".gitattributes.",
    ],
)
def test_another_spelling_of_the_same_file_is_the_same(path: str) -> None:
    assert [found.path for found in protected_in([path])] == [path]


def test_people_s_own_patterns_are_added_and_exceptions_win() -> None:
    paths = ["infra/main.tf", "deploy.key", "a/deploy.key", "CLAUDE.md", "docs/CLAUDE.md", "x/y/z.lock"]

    found = protected_in(
        paths, extra=["infra/", "*.key", "/x/**/*.lock", "/"], allowed=["docs/CLAUDE.md", "/deploy.key"]
    )

    assert [item.path for item in found] == ["infra/main.tf", "a/deploy.key", "CLAUDE.md", "x/y/z.lock"]
    assert found[0].why == "protected by the settings"


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("build", "x/build/out", True),
        ("/build", "x/build", False),
        ("a/*", "a/b", True),
        ("a/**", "a/b/c", True),
        ("**/a", "x/y/a", True),
        ("a**z", "a/b/z", True),
        ("build/", "build", False),
        ("a.b", "axb", False),
    ],
)
def test_patterns_mean_what_they_mean_in_gitignore(pattern: str, path: str, fits: bool) -> None:
    assert bool(protected_in([path], extra=[pattern])) is fits


def test_a_task_that_names_a_protected_file_is_told_before_the_work() -> None:
    found = named_in_task(
        ["src/a.py", "./.gitlab-ci.yml"],
        "Let the Jenkinsfile use 4 cores",
        "Change `.github/workflows/ci.yml`, (see .husky/). Not https://x.invalid/.github/workflows/y.\n- CLAUDE.md.",
    )

    assert [item.path.removesuffix("/x") for item in found] == [
        ".gitlab-ci.yml",
        "Jenkinsfile",
        ".github/workflows/ci.yml",
        ".husky",
        "CLAUDE.md",
    ]


def test_a_task_about_something_else_names_none() -> None:
    assert (
        named_in_task(["src/a.py"], "Fix the clock", "It is ... late / slow. See README.md and e.g. */x")
        == ()
    )


def test_what_is_allowed_is_not_asked_about() -> None:
    assert named_in_task(["CLAUDE.md"], "", "", allowed=["CLAUDE.md"]) == ()
    assert [item.path for item in named_in_task(["infra/a.tf"], "", "", extra=["infra/"])] == ["infra/a.tf"]


@given(st.text(), st.lists(st.text(), max_size=4))
def test_no_text_breaks_the_rules(path: str, patterns: list[str]) -> None:
    found = protected_in([path], extra=patterns, allowed=patterns, links={path: path})

    assert len(found) <= 1
    named_in_task([path], path, path, extra=patterns)


def test_every_default_protects_something() -> None:
    for patterns in DEFAULTS.values():
        for pattern in patterns:
            path = pattern.strip("/").replace("**/", "").replace("*", "x") + (
                "/x" if pattern.endswith("/") else ""
            )
            assert protected_in([path]), pattern
