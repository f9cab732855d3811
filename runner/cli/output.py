"""How commands speak: JSON for programs, short lines and tables for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

CONTROL = dict.fromkeys((*range(32), *range(127, 160), 8206, 8207, *range(8234, 8239), *range(8294, 8298)))
"""Characters that could move a terminal's cursor, change its colours or turn the reading direction."""


def json_option(command: Command) -> Command:
    """Give a command `--json`, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def show(value: object, *, as_json: bool, text: str) -> None:
    """Print `value` as JSON, or `text` for people; nothing when the text is empty."""
    if as_json:
        print_json(value)
    elif text:
        click.echo(text)


def print_json(value: object) -> None:
    """Print one JSON document and a newline."""
    import json

    click.echo(json.dumps(plain(value), indent=2 if sys.stdout.isatty() else None, ensure_ascii=False))


def plain(value: object) -> object:
    """Turn values of ours into what JSON knows: names of fields become keys, times are ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(member) for member in value]
    return value


def safe(text: str, *, width: int | None = None) -> str:
    """Text on one line that a terminal cannot be tricked with, cut to `width` characters."""
    line = " ".join(text.split()).translate(CONTROL)
    return line if width is None or len(line) <= width else line[: width - 1] + "…"


def safe_block(text: str) -> str:
    """Text of several lines without control characters; tabs become spaces."""
    return "\n".join(line.expandtabs(4).translate(CONTROL) for line in text.split("\n"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their longest cell, two spaces between them; the last one is free."""
    lines = [tuple(head), *(tuple(safe(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def read_text(source: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises:
        click.BadParameter: it cannot be read, or is not UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode()
    except OSError as error:
        raise click.BadParameter(f"{source}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{source}: is not UTF-8 text (byte {error.start})") from error
