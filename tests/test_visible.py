"""Only what shows of a text is left."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.visible import visible, visible_line, without_broken, without_hidden


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0cg\x0bh\x1ci", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("tab\tstays", "tab\tstays"),
        ("a\x00b\x07c\x7fd\x9fe", "abcde"),
        ("Größe\t租约 👩\u200d💻 \u2764\ufe0f e\u0301", "Größe\t租约 👩\u200d💻 \u2764\ufe0f e\u0301"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u202eb\u2066c\u200bd\ufeff\u2069e\u061c\xad\u180e", "abcde"),
        ("tag\U000e0041\U000e0100 \u3164x\uffa0", "tag x"),
    ],
)
def test_only_what_shows_is_left(text: str, expected: str) -> None:
    assert visible(text) == expected
    assert without_hidden(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x", "red x"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1bPq\x1b\\x \x9b1mb", "link x b"),
        ("\x1b(Bx\x1bMy", "xy"),
        ("\x1b]0;no end", "0;no end"),
        ("end\x1b", "end"),
        ("\x1b\x1b[0m[31mx", "[31mx"),
    ],
)
def test_terminal_sequences_go_whole_but_never_take_the_rest_along(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_a_person_sees_what_a_terminal_sequence_was_made_of() -> None:
    assert without_hidden("\x1b[31mred\x1b[0m \x1b]0;title\x07c") == "[31mred[0m ]0;titlec"


def test_what_is_no_character_is_shown_as_one_that_is_missing() -> None:
    assert visible("a\ud800b\ufffe") == without_broken("a\ud800b\ufffe") == "a\ufffdb\ufffd"
    assert without_hidden("a\udcff") == "a\udcff"


@given(st.text(st.characters() | st.sampled_from("\x1b\x9b[]\\m\x07P\r\n\u2028\u200b\ud800")))
def test_what_is_left_is_text_and_stays_as_it_is(text: str) -> None:
    left = visible(text)

    assert not [
        char for char in left if unicodedata.category(char) in ("Cc", "Zl", "Zp") and char not in "\t\n"
    ]
    assert left.encode().decode() == left
    assert visible(left) == left


def test_a_line_is_one_line_and_cut_where_that_is_asked_for() -> None:
    assert visible_line(" a\n\n# b\t \u200b c ") == "a # b c"
    assert visible_line("x" * 600) == "x" * 600
    assert visible_line("abcdef", 6) == "abcdef"
    assert visible_line("abcdef", 4) == "abc…"
