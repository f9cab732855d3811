"""Text of a model, made safe to show."""

from __future__ import annotations

from runner.claude.words import last_line, one_line, target


def test_one_line_is_the_first_with_something_on_it() -> None:
    assert one_line("\n  \n  two   words \n more") == "two words"
    assert one_line("") == ""


def test_the_last_line_is_the_last_with_something_on_it() -> None:
    assert last_line("one\n two   words \x1b[0m\n\x1b[0m\n \n") == "two words"
    assert last_line("\n") == ""


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
