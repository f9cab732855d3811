"""How commands speak."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.cli.output import (
    columns,
    counted,
    dollars,
    is_asked,
    plain,
    print_json,
    read_text,
    safe,
    safe_block,
    show,
    table,
)
from runner.errors import UsageProblem


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    name: str
    colour: Colour
    at: datetime
    where: Path
    parts: tuple[str, ...]
    counts: dict[Colour, int]


def test_values_become_what_json_knows() -> None:
    thing = Thing(
        name="x",
        colour=Colour.RED,
        at=datetime(2026, 1, 2, tzinfo=UTC),
        where=Path("/a"),
        parts=("b", "c"),
        counts={Colour.RED: 2},
    )

    assert plain([thing, None, 1.5, frozenset({"z"})]) == [
        {
            "name": "x",
            "colour": "red",
            "at": "2026-01-02T00:00:00+00:00",
            "where": "/a",
            "parts": ["b", "c"],
            "counts": {"red": 2},
        },
        None,
        1.5,
        ["z"],
    ]


def test_json_for_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, 2], "b": "修"})

    assert capsys.readouterr().out == '{"a": [1, 2], "b": "修"}\n'


def test_json_for_a_terminal_is_laid_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    print_json({"a": 1})

    assert capsys.readouterr().out == '{\n  "a": 1\n}\n'


def test_nothing_to_say_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": 1}, as_json=False, text="")

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines\tand  more", "two lines and more"),
        ("red \x1b[31mred\x1b[0m", "red [31mred[0m"),
        ("\x9b1A\u202egnp.exe", "1Agnp.exe"),
        ("", ""),
    ],
)
def test_a_line_cannot_trick_a_terminal(text: str, line: str) -> None:
    assert safe(text) == line


def test_a_line_is_cut_to_its_columns() -> None:
    assert safe("abcdef", width=6) == "abcdef"
    assert safe("abcdefg", width=6) == "abcde…"
    assert safe("修正する", width=8) == "修正する"
    assert safe("修正する。", width=8) == "修正す…"
    assert safe("修", width=1) == "…"


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_a_cut_line_is_never_wider_and_only_a_longer_one_is_cut(text: str, width: int) -> None:
    line, cut = safe(text), safe(text, width=width)

    assert columns(cut) <= width
    assert (cut == line) == (columns(line) <= width)


def test_a_block_keeps_its_lines_and_loses_what_moves_the_cursor() -> None:
    assert safe_block("a\tb\n\x1b]0;title\x07c\r\nd") == "a   b\n]0;titlec\nd"


def test_columns_count_wide_letters_twice_and_accents_not_at_all() -> None:
    assert columns("abc") == 3
    assert columns("修正") == 4
    assert columns("e\u0301") == 1


def test_a_table_lines_up_whatever_its_letters() -> None:
    rows = [("T-1", "修正", "x"), ("T-10", "abc", "")]

    assert table(("ID", "TITLE", "LABELS"), rows) == ("ID    TITLE  LABELS\nT-1   修正   x\nT-10  abc")


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("naïve\n")

    assert read_text(str(tmp_path / "text")) == "naïve\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "{folder}/missing cannot be read: No such file or directory"),
        ("", "{folder}/ cannot be read: Is a directory"),
        ("binary", "{folder}/binary is not UTF-8 text (byte 1)"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "binary").write_bytes(b"a\xff")

    with pytest.raises(UsageProblem) as caught:
        read_text(f"{tmp_path}/{name}")

    assert str(caught.value) == message.format(folder=tmp_path)
    assert caught.value.hint


def test_counts_and_amounts_are_written_for_people() -> None:
    assert [counted(count, "file") for count in (0, 1, 2000)] == ["0 files", "1 file", "2,000 files"]
    assert [dollars(amount) for amount in (0.02, 3, None, "x")] == ["$0.0200", "$3.0000", "-", "-"]


def test_nobody_is_asked_without_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert not is_asked()


def test_json_knows_paths_that_are_not_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": Path("caf\udce9").name.encode("utf-8", "backslashreplace").decode()})

    assert json.loads(capsys.readouterr().out) == {"path": "caf\\udce9"}
