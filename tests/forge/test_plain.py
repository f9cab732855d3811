"""Text that does nothing when it becomes a commit message."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.forge.plain import (
    closed_by,
    without_ci_switches,
    without_closing,
    without_mentions,
    without_trailers,
)


@pytest.mark.parametrize(
    "text",
    [
        "Closes #12",
        "closes: #12",
        "CLOSED   #12",
        "fix #12",
        "Fixes\n#12",
        "resolves **#12**",
        "resolved acme/widget#12",
        "close GH-12",
        "fixed https://github.com/acme/widget/issues/12",
        "fixes [#12](x)",
        "`Closes #12`",
        "Closes \\#12",
        "Closes" + " " * 300 + "#12",
        "Closes\n\n \t- #12",
        "fixes [the bug](https://github.com/acme/widget/issues/12)",
        "Fixes: [a [b] c]( https://github.com/acme/widget/issues/12)",
        "fixes <https://github.com/acme/widget/issues/12>",
        "Resolves https://github.com/acme/widget/issues/12#issuecomment-7",
        "IMPLEMENTS (acme/widget#12)",
    ],
)
def test_every_way_to_close_an_issue_is_broken(text: str) -> None:
    assert " 12" in without_closing(text)


@pytest.mark.parametrize(
    "text", ["see #12", "disclose #12 items", "closest #12", "Closes 12", "fixture#12", "closes"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert without_closing(text) == text


def test_what_a_text_would_close_is_known_however_it_is_said() -> None:
    text = "Fixes #1, closed GH-2, see #3; resolves: Acme/Widget#4\nClose [it](https://github.com/acme/widget/issues/5)"

    assert closed_by(text) == {"#1", "#2", "acme/widget#4", "acme/widget#5"}
    assert closed_by(without_closing(text)) == frozenset()
    assert closed_by(without_closing(text, ("#2", "ACME/widget#5"))) == {"#2", "acme/widget#5"}


@pytest.mark.parametrize(
    "switch",
    [
        *("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "[SKIP CI]", "[skip-ci]"),
        *(
            "[ skip  ci ]",
            "[skip\nci]",
            "***NO_CI***",
            "[skip azurepipelines]",
            "[skip netlify]",
            "[ci-skip]",
        ),
        *(
            "[skip release]",
            "[travis-ci skip]",
            "[CF-Pages-Skip]",
            "[no-ci]",
            "[skip checks]",
            "[skip\u00a0ci]",
        ),
    ],
)
def test_every_switch_for_ci_is_removed(switch: str) -> None:
    assert without_ci_switches(f"a {switch} b") == "a … b"


def test_removing_a_switch_does_not_make_another() -> None:
    assert without_ci_switches("[skip [skip ci]ci] [[skip ci]]") == "[skip …ci] […]"


def test_trailers_are_dropped_and_sentences_stay() -> None:
    text = "One: two\nrequest-checks: true\n"
    text += "Co-authored-by: X <x@y>\n  Signed-off-by: Y\n> Reviewed-By : Z\nskip-checks: true\nStand-by now"

    assert without_trailers(text) == "One: two\nStand-by now"


def test_mentions_in_plain_text_are_broken() -> None:
    assert without_mentions("@ada a@b (@acme/core) @-x @Bob") == "@ ada a@b (@ acme/core) @-x @ Bob"


@given(st.text(alphabet="closefixrvd #12-*:([](/ \n\t", max_size=60))
def test_no_keyword_is_left_before_a_number(text: str) -> None:
    left = without_closing(text)

    assert not re.search(r"\b(close[sd]?|fix(es|ed)?|resolve[sd]?)\b[\s*:(\[/-]{0,3}#[0-9]", left)
    assert without_closing(left) == left
    assert re.sub(r"\s", "", left) == re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    "piece",
    ["fixes ", "fix [", "fix](", "fixes -", "close/", "[skip ", "skip-checks", "resolve https://", "\n "],
)
def test_a_very_long_text_of_half_a_switch_does_not_take_for_ever(piece: str) -> None:
    assert without_trailers(without_closing(without_ci_switches(piece * 100_000)))
