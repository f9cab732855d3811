"""Text of a model, made safe to show."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from runner.claude.words import clean, one_line, target


def test_terminal_escapes_controls_and_direction_marks_are_gone() -> None:
    text = "\x1b[31mred\x1b[0m \x1b]0;title\x07tab\tbell\x07 \u202ertl\u202c\ufeff nul\x00"

    assert clean(text) == "red tab\tbell rtl nul"


def test_every_kind_of_line_end_is_a_newline() -> None:
    assert clean("a\r\nb\rc\u2028d\x0be\x85f") == "a\nb\nc\nd\ne\nf"


def test_half_a_character_is_replaced() -> None:
    assert clean("a\ud800b") == "a?b"


def test_an_escape_at_the_very_end_is_gone() -> None:
    assert clean("end\x1b") == "end"


@given(st.text())
def test_nothing_but_tabs_and_newlines_controls_what_is_left(text: str) -> None:
    left = clean(text)

    assert not [c for c in left if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert clean(left) == left


def test_one_line_is_the_first_with_something_on_it() -> None:
    assert one_line("\n  \n  two   words \n more") == "two words"
    assert one_line("") == ""


def test_a_long_line_is_cut() -> None:
    assert one_line("x" * 50, limit=10) == "x" * 9 + "…"


def test_a_file_in_the_work_tree_is_named_from_there() -> None:
    assert target({"file_path": "/repo/src/a.py"}, "/repo") == "src/a.py"
    assert target({"file_path": "/repo/src/a.py"}, "/repo/") == "src/a.py"
    assert target({"file_path": "/repository/a.py"}, "/repo") == "/repository/a.py"
    assert target({"file_path": "/repo/a.py"}, "") == "/repo/a.py"


def test_a_tool_without_a_known_target_has_none() -> None:
    assert target({"file_path": 3, "command": "  ", "depth": "x"}, "/repo") == ""
    assert target({"command": "pytest -q\nls"}, "/repo") == "pytest -q"
