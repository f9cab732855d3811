"""A TOML file taken apart: its tables, and the line on which each key stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from runner.errors import SettingsProblem

LONGEST_STATEMENT_LINES = 200
"""Past this a statement is not followed any more, and what comes later has no line number."""


class TomlFile(NamedTuple):
    """What a file says."""

    name: str
    """As people are told: a path, or `.runner.toml`."""
    text: str
    tables: Mapping[str, object]

    def line_of(self, path: tuple[str, ...]) -> int | None:
        """The line, from 1, that sets the key or opens the table; None if it cannot be told."""
        return _lines(self.text).get(path)


def parse_toml(name: str, data: bytes) -> TomlFile:
    """Read a whole file.

    Raises:
        SettingsProblem: not UTF-8, or not TOML; the message tells file, line and column.
    """
    import tomllib

    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsProblem(f"{name}:{line}: is not UTF-8 text", hint="save the file as UTF-8") from error
    try:
        return TomlFile(name=name, text=text, tables=tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(
            _syntax(name, text, str(error)), hint="see https://toml.io for the format"
        ) from error
    except ValueError as error:
        raise SettingsProblem(f"{name}: holds a number that is too long") from error
    except RecursionError as error:
        raise SettingsProblem(f"{name}: is nested too deeply") from error


def _syntax(name: str, text: str, message: str) -> str:
    """`file:line:column: what`, from tomllib's `what (at line 3, column 5)`."""
    import re

    what, _, place = message.rpartition(" (at ")
    numbers = re.findall(r"[0-9]+", place)
    if not numbers:  # at the end of the document
        numbers = [text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1]
    return f"{name}:{numbers[0]}:{numbers[1]}: {what[:1].lower()}{what[1:]}"


@lru_cache(maxsize=8)
def _lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line of every key and table of a text that is known to be TOML."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, opens_table, parsed in _statements(text):
        paths = list(_paths(parsed))
        if opens_table:
            table = ()
        for path in paths:
            found.setdefault((*table, *path), number)
        if opens_table:
            table = paths[-1]
    return found


def _statements(text: str) -> Iterator[tuple[int, bool, dict[str, object]]]:
    """Each header or assignment, parsed alone: its first line, whether it is a header, and what it says."""
    import tomllib

    lines = text.split("\n")
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            parsed = tomllib.loads("\n".join(lines[start:end]))
        except ValueError:  # it goes on in the next line
            if end - start > LONGEST_STATEMENT_LINES:
                return
            continue
        if parsed:
            yield start + 1, lines[start].lstrip().startswith("["), parsed
        start = end


def _paths(tables: Mapping[str, object], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every table and key inside, outer ones first."""
    for name, value in tables.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _paths(value, (*above, name))
