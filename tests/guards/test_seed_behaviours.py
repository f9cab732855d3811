"""The seed's 108 behaviours: none is forgotten, and the tests that hold them exist."""

from __future__ import annotations

import ast
import functools
import re

import pytest

from tests.guards.source import TOP

PAGE = TOP / "docs" / "seed-behaviours.md"
ROW = re.compile(r"\| (\d+) \| (.+) \| (.+) \|")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FATES = ("held by `tests/", "replaced: ", "later: ")
FILLED_BY_THE_MAIN_JOB = (*range(51, 75), *range(104, 107))


def rows() -> dict[int, str]:
    """What became of each behaviour."""
    found = [ROW.fullmatch(line) for line in PAGE.read_text().splitlines()]
    return {int(row[1]): row[3] for row in found if row}


@functools.cache
def functions_of(path: str) -> frozenset[str]:
    """The tests of a module or contract suite, also those in classes."""
    file = TOP / path
    if not file.is_file():
        return frozenset()
    tree = ast.walk(ast.parse(file.read_text()))
    return frozenset(node.name for node in tree if isinstance(node, ast.FunctionDef))


def test_no_number_is_missing_or_twice() -> None:
    numbers = [int(row[1]) for row in map(ROW.fullmatch, PAGE.read_text().splitlines()) if row]

    assert numbers == list(range(1, 109))


def test_each_is_held_replaced_or_for_later() -> None:
    assert {number: fate for number, fate in rows().items() if not fate.startswith(FATES)} == {}


def test_every_test_that_is_named_exists() -> None:
    named = [(number, *found) for number, fate in rows().items() for found in TEST.findall(fate)]

    assert len(named) > 100
    assert [
        f"{number}: {path}::{name}" for number, path, name in named if name not in functions_of(path)
    ] == []


def test_everything_in_backticks_that_looks_like_a_test_is_one() -> None:
    loose = {number: re.findall(r"`tests/[^`]*`", fate) for number, fate in rows().items()}

    assert [name for names in loose.values() for name in names if not TEST.fullmatch(name)] == []


@pytest.mark.parametrize("number", FILLED_BY_THE_MAIN_JOB)
def test_what_belongs_to_the_main_job_is_not_put_off(number: int) -> None:
    assert not rows()[number].startswith("later: ")
