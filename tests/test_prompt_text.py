"""Text from outside cannot leave its place in a prompt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.prompts import cell, data, fence, one_line, prose, question_in, shorten


def test_one_line_is_one_line() -> None:
    assert one_line(" a\n\n# b\t c ") == "a # b c"
    assert one_line("x" * 600) == "x" * 499 + "…"
    assert one_line("abcdef", 4) == "abc…"


def test_a_long_text_loses_its_middle_at_line_ends_and_says_so() -> None:
    text = "\n".join(f"line {number}" for number in range(1000))

    short = shorten(text, 100)

    assert shorten("\x1b[1ma\u200bb") == "ab"
    assert shorten("x" * 100, 100) == "x" * 100
    assert short.startswith("line 0\n")
    assert short.endswith("\nline 999")
    assert "\n\n[... 8,802 characters are left out here: the text is too long ...]\n\nline 99" in short
    assert shorten("x" * 1000, 100) == (
        "x" * 75 + "\n\n[... 900 characters are left out here: the text is too long ...]\n\n" + "x" * 25
    )


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence("x = 1\n", "python") == "```python\nx = 1\n```"
    assert fence("```\n`````\n~~~~~~") == "```````\n```\n`````\n~~~~~~\n```````"
    assert fence("x", "py\n```evil") == "```pyevil\nx\n```"


@given(st.text(alphabet=st.sampled_from(list("`~a\n \r\x1b[")), max_size=80))
def test_no_text_closes_its_fence(text: str) -> None:
    first, *inside, last = fence(text).split("\n")

    marks = first
    assert last == marks
    assert re.fullmatch("`{3,}", marks)
    assert not any(re.match(rf" {{0,3}}`{{{len(marks)},}}", line) for line in inside)


@given(st.text(max_size=80))
def test_no_text_closes_its_data_block(text: str) -> None:
    block = data(text, "request")

    first, *_, last = block.split("\n")
    assert last == first.replace("<", "</", 1)
    assert block.count(first) == block.count(last) == 1


def test_equal_text_has_equal_marks_and_other_text_others() -> None:
    assert data("a") == data("a")
    assert data("a").split("\n")[0] != data("b").split("\n")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Evidence\nfine", "**Evidence**\nfine"),
        ("Title\n=====\nx", "Title\n\nx"),
        ("Title\n---", "Title\n"),
        ("<img src=x> & a < b", "&lt;img src=x> & a < b"),
        ("<!-- hidden -->", "&lt;!-- hidden -->"),
        ("thanks @ada and @org/team, a@b.org", "thanks `@ada` and `@org/team`, a@b.org"),
        ("use `<T> @x` here", "use `<T> @x` here"),
        ("```py\n# comment\n@decorator\n```\n# H", "```py\n# comment\n@decorator\n```\n**H**"),
        ("```\nopen\n# x", "```\nopen\n# x\n```"),
        ("````\n```\n# x\n````", "````\n```\n# x\n````"),
        ("~~~\n# x\n~~~\n# y", "~~~\n# x\n~~~\n**y**"),
        ("- a\n- b", "- a\n- b"),
    ],
)
def test_markdown_of_others_stays_in_its_place(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_a_cell_is_code_on_one_line() -> None:
    assert cell('pytest -k "a|b"\nx') == '`pytest -k "a\\|b" x`'
    assert cell("a `b` c") == "``a `b` c``"
    assert cell("`b`") == "`` `b` ``"
    assert cell("") == ""


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("All done.", ""),
        ("I looked.\n\nQUESTION: A or B? I would take A.", "A or B? I would take A."),
        ("QUESTION: first\nno\nQUESTION: A\nor B?\n", "A\nor B?"),
        ("**QUESTION:** bold?", "bold?"),
        ("> QUESTION: quoted?", "quoted?"),
        ("The QUESTION: is not at the beginning", ""),
        ("QUESTION:", ""),
        ("", ""),
    ],
)
def test_a_question_is_read_from_the_last_message(answer: str, expected: str) -> None:
    assert question_in(answer) == expected
