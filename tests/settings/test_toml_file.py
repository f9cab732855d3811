"""TOML files: what is wrong with them, and where their keys stand."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import SettingsProblem
from runner.settings.toml_file import parse_toml

TEXT = """\
# a comment
agent_id = "ada"

claude.model = "opus"
capabilities = [
    "gpu",  # [not.a.table]
]
text = '''
[not.a.table]
x = 1
'''
inline = { a = 1, b = { c = 2 } }
empty = {}

[checks] # a comment
commands = ["x"]
"a.b" = 1

[profile.work.claude]
max_turns = 3
[[list]]
"""


def test_every_key_and_table_has_its_line() -> None:
    file = parse_toml("x", TEXT.encode())
    paths = {
        ("agent_id",): 2,
        ("claude",): 4,
        ("claude", "model"): 4,
        ("capabilities",): 5,
        ("text",): 8,
        ("inline", "b", "c"): 12,
        ("empty",): 13,
        ("checks",): 15,
        ("checks", "commands"): 16,
        ("checks", "a.b"): 17,
        ("profile", "work"): 19,
        ("profile", "work", "claude", "max_turns"): 20,
        ("list",): 21,
        ("not", "a", "table"): None,
        ("nothing",): None,
    }

    assert {path: file.line_of(path) for path in paths} == paths


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    file = parse_toml("x", b"\xef\xbb\xbfa = 1\r\n[b]\r\nc = 2\r\n")

    assert file.tables == {"a": 1, "b": {"c": 2}}
    assert file.line_of(("b", "c")) == 3


def test_a_statement_too_long_to_follow_costs_only_the_later_lines() -> None:
    file = parse_toml("x", b"a = 1\nb = [\n" + b"1,\n" * 300 + b"]\nc = 1\n")

    assert [file.line_of((name,)) for name in "abc"] == [1, None, None]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = \n", "f.toml:2:5: invalid value"),
        (b"a = 1\na = 2\n", "f.toml:2:6: cannot overwrite a value"),
        (b"a = 'x\n", "f.toml:2:1: expected"),
        (b"a = [1,\n2", "f.toml:2:2: unclosed array"),
        (b"a = 1\n\xff", "f.toml:2: is not UTF-8 text"),
        (b"a = " + b"9" * 5000, "f.toml: holds a number that is too long"),
        (b"a = " + b"[" * 10_000, "f.toml: is nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml_is_told_with_line_and_column(data: bytes, message: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        parse_toml("f.toml", data)

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


NAMES = st.text("abc", min_size=1, max_size=3)


@given(st.dictionaries(NAMES, st.one_of(st.integers(), st.text(max_size=20), st.lists(st.text(max_size=8)))))
def test_the_line_of_a_key_is_where_it_is_assigned(tables: dict[str, object]) -> None:
    import tomli_w

    text = tomli_w.dumps(tables, multiline_strings=True)
    file = parse_toml("x", text.encode())

    for name in tables:
        line = file.line_of((name,))
        assert line is not None
        assert file.text.split("\n")[line - 1].startswith(f"{name} = ")
    assert tomllib.loads(file.text) == file.tables
