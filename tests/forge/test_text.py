"""Titles and bodies of pull requests, whoever wrote the words."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.forge.text import (
    BODY_LIMIT,
    CUT_NOTE,
    TITLE_LIMIT,
    Allowed,
    cut_body,
    pull_request_body,
    pull_request_title,
    safe_part,
)
from tests.forge.rendered import rendered
from tests.forge.test_markdown import MARKDOWN, assert_harmless

SECRET = "tok_0123456789abcdef"
HOSTILE = st.lists(
    st.one_of(
        MARKDOWN,
        st.sampled_from((
            *("[skip ci]", "[ci skip]", "[skip", " ci]", "***NO_CI***", "\nskip-checks: true\n", SECRET),
            *("[skip\n", "\nReviewed-by: X\n", "\nci]", SECRET[:9], SECRET[9:], "                    "),
            *("Closes", "fixes", "Resolved:", " ", "#12", "GH-12", "acme/widget#12", "\nCo-authored-by: X <x@y>\n"),
            *("https://github.com/acme/widget/issues/12", "\x1b[31m", "\x1b]0;t\x07", "\u202e", "\u200b", "\r\n"),
            *("\x00", "\x9b", "\u2028", "\U000e0041", "\ud800", "\ufeff"),
        )),
    ),
    max_size=12,
).map("".join)  # fmt: skip


def redact(text: str) -> str:
    return text.replace(SECRET, "***")


def body(text: str, *, allowed: Allowed = Allowed()) -> str:  # noqa: B008  (a frozen value)
    return pull_request_body(text, redact=redact, allowed=allowed)


def title(text: str, *, allowed: Allowed = Allowed()) -> str:  # noqa: B008  (a frozen value)
    return pull_request_title(text, redact=redact, allowed=allowed)


def assert_inert(text: str) -> None:
    """Nothing in it does anything when it becomes a commit message, in code or not."""
    assert not re.search(r"\[\s*(skip\s+ci|ci\s+skip)\s*\]|no_ci\*", text, re.IGNORECASE)
    assert not re.search(
        r"\b(close[sd]?|fix(e[sd])?|resolve[sd]?):?\s+([\w.-]+/[\w.-]+)?(#|gh-)\d",
        text,
        re.IGNORECASE | re.ASCII,
    )
    assert not re.search(
        r"\b(closes|fixes|resolved):?\s+https?://\S+/issues/\d", text, re.IGNORECASE | re.ASCII
    )
    assert not re.search(r"^(co-authored-by|skip-checks):", text, re.IGNORECASE | re.MULTILINE | re.ASCII)
    assert SECRET not in text
    assert not [mark for mark in text if unicodedata.category(mark) in ("Cc", "Cs") and mark not in "\n\t"]
    assert not set(text) & set("\u200b\u202e\u2028\ufeff\U000e0041")


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_a_body_is_harmless_inert_and_short_enough(text: str) -> None:
    result = body(text)

    assert_harmless(result)
    assert_inert(result)
    assert len(result) <= BODY_LIMIT
    assert body(result) == result


@given(HOSTILE)
@settings(max_examples=150, deadline=None)
def test_a_title_is_one_short_inert_line(text: str) -> None:
    result = title(text)

    assert 0 < len(result) <= TITLE_LIMIT
    assert "\n" not in result
    assert result == result.strip()
    assert_inert(result)
    assert not re.search("(?<![A-Za-z0-9])@[A-Za-z0-9]", result)


@given(HOSTILE, st.integers(min_value=120, max_value=400))
@settings(max_examples=150, deadline=None)
def test_a_cut_body_is_still_harmless(text: str, limit: int) -> None:
    result = cut_body(safe_part(text * 5, redact=redact), limit)

    assert len(result) <= limit
    assert_harmless(result)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("  Fix\tthe\n clock \x1b[1m", "Fix the clock"),
        ("Fix [skip ci] it", "Fix … it"),
        ("Closes #12: ask @ada", "Closes # 12: ask @ ada"),
        (f"Use {SECRET}", "Use ***"),
        ("\u202e\u200b", "Change"),
        ("", "Change"),
        ("Co-authored-by: X\nFix the clock", "Fix the clock"),
        ("Tested-by\n: X", "Change"),
        ("x" * 257, "x" * 255 + "…"),
        ("x" * 256, "x" * 256),
        ("mail ada@example.org", "mail ada@example.org"),
        ("a <b> & `c`", "a <b> & `c`"),
    ],
)
def test_titles(text: str, result: str) -> None:
    assert title(text) == result


def test_a_title_may_do_what_is_the_tasks_own() -> None:
    allowed = Allowed(closes=frozenset({"#12"}))

    assert title("Closes #12, fixes #13, for @ada", allowed=allowed) == "Closes #12, fixes # 13, for @ ada"


def test_a_body_may_do_what_is_the_tasks_own() -> None:
    allowed = Allowed(closes=frozenset({"#12", "acme/widget#7"}))
    text = "Closes #12, fixes ACME/widget#7, fixes https://github.com/acme/widget/issues/7"

    assert body(text, allowed=allowed) == text
    assert body("Closes #13, fixes acme/other#7 and #12", allowed=allowed) == (
        "Closes # 13, fixes acme/other# 7 and #12"
    )


@pytest.mark.parametrize("lines", ["Closes #12", "Closes #12\nCloses acme/widget#7"])
def test_a_body_that_is_cut_closes_what_is_allowed_all_the_same(lines: str) -> None:
    allowed = Allowed(closes=frozenset({"#12", "acme/widget#7"}))

    result = body("0123456789\n" * 10_000 + f"\n{lines}\n", allowed=allowed)

    assert result.endswith(f"0123456789\n\n{CUT_NOTE}\n\n{lines}")
    assert BODY_LIMIT - 100 < len(result) <= BODY_LIMIT
    assert body(result, allowed=allowed) == result


def test_lines_that_are_not_allowed_to_close_go_with_the_rest() -> None:
    result = body("0123456789\n" * 10_000 + "\nCloses #12\n")

    assert result.endswith(f"0123456789\n\n{CUT_NOTE}")


def test_a_secret_that_hidden_characters_tear_apart_is_redacted() -> None:
    torn = SECRET[:8] + "\u200b" + SECRET[8:12] + "\x1b[0m" + SECRET[12:]

    assert body(torn) == "***"
    assert title(torn) == "***"


def test_lines_that_meet_when_a_trailer_goes_are_looked_at_together() -> None:
    two_lines = "first-half\nsecond-half"

    def redact_lines(text: str) -> str:
        return text.replace(two_lines, "***")

    torn = "a [skip\nReviewed-by: X\nci] first-half\nTested-by: Y\nsecond-half"

    assert pull_request_body(torn, redact=redact_lines) == "a … ***"
    assert pull_request_title(torn, redact=redact_lines) == "a … ***"


def test_a_long_body_is_cut_at_a_line_with_a_note() -> None:
    result = body("0123456789\n" * 10_000)

    assert len(result) <= BODY_LIMIT
    assert len(result) > BODY_LIMIT - 100
    assert result.endswith(f"0123456789\n\n{CUT_NOTE}")


def test_a_body_that_just_fits_is_whole() -> None:
    text = "x" * BODY_LIMIT

    assert body(text) == text


def test_a_cut_inside_code_closes_the_code() -> None:
    result = body("````python\n" + "print()\n" * 10_000 + "````\n")

    assert result.endswith(f"print()\n````\n\n{CUT_NOTE}")
    assert len(result) <= BODY_LIMIT


def test_the_closing_fence_finds_room() -> None:
    for shift in range(80):
        result = cut_body("`" * 64 + "\n" + "x" * shift + "\n" + "line\n" * 300 + "`" * 64, 500)

        assert len(result) <= 500
        assert "pre" in rendered(result).tags
        assert rendered(result).tags[-1] == "em"


@pytest.mark.parametrize("text", ["`<img src=x>", "<", "@a ", "![", "x"])
def test_one_endless_line_is_cut_and_stays_harmless(text: str) -> None:
    result = body(text * 100_000)

    assert len(result) <= BODY_LIMIT
    assert result.endswith(CUT_NOTE)
    assert_harmless(result)


def test_five_megabytes_are_cut_too() -> None:
    result = body("fix-fix: https://a.b/ [skip \x1b] `@a` <!-- &x; close acme/" * 100_000)

    assert len(result) <= BODY_LIMIT
    assert CUT_NOTE in result


def test_one_part_cannot_swallow_the_next() -> None:
    parts = [safe_part(text, redact=redact) for text in ("```\nopen", "<!-- open", "## Evidence")]

    assert rendered("\n\n".join(parts)).tags[-1] == "h2"
