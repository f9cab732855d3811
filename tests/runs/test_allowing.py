"""What a person's answer allows, and that an answer which says more than paths allows nothing."""

from __future__ import annotations

import pytest

from runner.runs.allowing import NOTHING_ALLOWED, Grant, granted, speaks_of_allowing

NAMED = (".github/workflows/ci.yml", "CLAUDE.md")
CI = ".github/workflows/ci.yml"


@pytest.mark.parametrize(
    "answer",
    [
        *("allow", "Allow.", "ALLOW!", "allow,", " allow \t", "allow:", "allow ."),
        *("allow it", "Allow it.", "allow them!", "allow this", "allow all of them.", "allow: them"),
        "Yes, go on.\nallow\n",
        "allow\r\nand keep it small",
    ],
)
def test_the_word_alone_allows_what_the_task_names(answer: str) -> None:
    assert granted(answer, NAMED) == Grant(patterns=NAMED)


@pytest.mark.parametrize(
    ("answer", "patterns"),
    [
        (f"allow {CI}", (CI,)),
        (f"allow: {CI}", (CI,)),
        (f"allow `{CI}`, '.envrc'; \"docs/x.md\"", (CI, ".envrc", "docs/x.md")),
        ("allow .github/", (".github/",)),
        ("allow .github/workflows/*.yml **/CLAUDE.md", (".github/workflows/*.yml", "**/CLAUDE.md")),
        ("allow Jenkinsfile claude.md", ("Jenkinsfile", "claude.md")),
        (f"allow {CI}\nallow {CI}\nallow .envrc", (CI, ".envrc")),
        (f"Thanks.\n  allow {CI}\nBut keep it small.", (CI,)),
    ],
)
def test_paths_alone_on_a_line_are_allowed(answer: str, patterns: tuple[str, ...]) -> None:
    assert granted(answer, NAMED) == Grant(patterns=patterns)


def test_a_name_that_the_settings_protect_is_a_path() -> None:
    assert granted("allow secrets.tf", (), extra=("*.tf",)).patterns == ("secrets.tf",)


@pytest.mark.parametrize(
    "answer",
    [
        f"allow {CI} but never .github/workflows/release.yml",
        "Allow nothing under .github/ please; do without",
        "allow no changes",
        f"allow everything except {CI}",
        f"allow {CI} and .envrc",
        "allow it, but not CLAUDE.md",
        "allow them not",
        "allow secrets.tf",
        f"allow !{CI}",
        f"allow ({CI})",
        f"allow not:{CI}",
        "allow https://example.org/x",
        "allow ../other/CLAUDE.md",
        "allow docs/../CLAUDE.md",
    ],
)
def test_a_line_that_says_anything_else_allows_nothing(answer: str) -> None:
    grant = granted(answer, NAMED)

    assert grant.patterns == ()
    assert grant.refused_words != ()


@pytest.mark.parametrize(
    "everything", ["*", "**", "/", "**/*", "/**", "./", "./*", "*.*", "**/**/", "..", "*/", "\\*"]
)
def test_nobody_allows_everything(everything: str) -> None:
    assert granted(f"allow {everything}", NAMED) == Grant(refused_words=(everything,))


@pytest.mark.parametrize(
    "answer", ["", "yes", "yes, allow", "disallow", "allowed", "allowing .envrc", "I allow .envrc", "> allow"]
)
def test_an_answer_without_such_a_line_says_nothing_of_it(answer: str) -> None:
    assert granted(answer, NAMED) == Grant()


def test_an_odd_line_takes_nothing_from_a_plain_one() -> None:
    grant = granted(f"allow {CI}\nallow only that", NAMED)

    assert grant == Grant(patterns=(CI,), refused_words=("only", "that"))


def test_a_grant_can_be_told() -> None:
    assert Grant(patterns=(CI, ".envrc")).told() == f"allowed to change: {CI}, .envrc"
    assert Grant().told() == NOTHING_ALLOWED


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("yes, Allow it", True),
        ("allowed?", True),
        ("do `allow`", True),
        ("yes", False),
        ("a shallow copy", False),
    ],
)
def test_it_is_known_who_speaks_of_allowing(text: str, speaks: bool) -> None:
    assert speaks_of_allowing(text) == speaks
