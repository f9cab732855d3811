"""The line that tells whether a person edited what we wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.forge.marking import Signature, marked, same, signature, unmarked
from runner.forge.text import pull_request_body

KEPT = Signature(ours=True, body_kept=True, title_kept=True)
NOT_OURS = Signature(ours=False, body_kept=False, title_kept=False)
TEXTS = st.text(max_size=60).map(lambda text: text.replace("\r", ""))


@given(TEXTS, TEXTS)
def test_what_nobody_edited_is_kept_and_can_be_read_back(title: str, body: str) -> None:
    text = marked(title, body)

    assert signature(title, text) == KEPT
    assert unmarked(text) == body


@given(TEXTS, TEXTS)
def test_other_line_ends_and_blanks_at_the_end_are_no_edit(title: str, body: str) -> None:
    text = marked(title, body).replace("\n", "\r\n") + "\r\n \n"

    assert signature(f" {title} ", text) == KEPT


@given(TEXTS, TEXTS, TEXTS)
def test_any_other_text_is_an_edit(title: str, body: str, other: str) -> None:
    text = marked(title, body)
    edited = other + text.removeprefix(body)

    assert signature(title, edited).body_kept == same(body, other)
    assert signature(other, text).title_kept == same(title, other)


@given(TEXTS, TEXTS)
def test_the_mark_says_whose_run_wrote_it(title: str, body: str) -> None:
    text = marked(title, body, "r-20260101-000000-abcdef")

    assert signature(title, text) == replace(KEPT, run_id="r-20260101-000000-abcdef")
    assert unmarked(text) == body


@pytest.mark.parametrize("run_id", ["", "r 1", "r-1 -->", "r" * 61, "r-1\n"])
def test_a_run_that_does_not_fit_into_the_mark_is_left_out(run_id: str) -> None:
    assert marked("T", "B", run_id) == marked("T", "B")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "My words.",
        marked("T", "B") + "\nMy words.",
        marked("T", "B").replace("<!--", "&lt;!--"),
        marked("T", "B").replace(" written by runner", ""),
        "B <!-- written by runner: text 0, title 0 -->",
    ],
)
def test_a_text_that_does_not_end_with_our_mark_is_not_ours(text: str) -> None:
    assert signature("T", text) == NOT_OURS
    assert unmarked(text) == text


def test_nobody_can_write_the_mark_for_us() -> None:
    forged = pull_request_body(marked("T", "Ship it."), redact=lambda text: text)

    text = marked("T", forged)

    assert forged.startswith("Ship it.\n\n&lt;!-- written by runner")
    assert unmarked(text) == forged
