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

from runner.errors import UsageProblem
from runner.visible import without_hidden

Command = TypeVar("Command", bound=Callable[..., Any])


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
    """Print one JSON document and a newline: one line for programs, several on a terminal."""
    import json

    out = sys.stdout
    indent = 2 if out is not None and out.isatty() else None
    # What the encoding lacks must be escaped as JSON does it, not as the stream does.
    click.echo(json.dumps(plain(value), indent=indent, ensure_ascii=not _is_utf8(out)))


def _is_utf8(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-") in {"utf-8", "utf8"}


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
    """Text on one line that a terminal cannot be tricked with, cut to `width` columns."""
    line = " ".join(without_hidden(text).split())
    return line if width is None else _cut(line, width)


def _cut(line: str, width: int) -> str:
    used, kept = 0, 0
    for number, one in enumerate(line):
        used += columns(one)
        if used > width:
            return line[:kept] + "…"
        if used < width:  # there is room for the mark behind it
            kept = number + 1
    return line


def safe_block(text: str) -> str:
    """Text of several lines that a terminal cannot be tricked with; tabs become spaces."""
    return without_hidden(text).expandtabs(4)


def columns(text: str) -> int:
    """How wide a terminal shows a line: East Asian letters and pictures take two columns, accents none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces between them; the last one is free."""
    lines = [tuple(head), *(tuple(safe(cell) for cell in row) for row in rows)]
    widths = [max(columns(line[number]) for line in lines) for number in range(len(head))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - columns(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def dollars(usd: object) -> str:
    """An amount from a JSON file, with four digits behind the point; `-` if there is none."""
    return f"${usd:.4f}" if isinstance(usd, int | float) else "-"


def read_text(source: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises:
        UsageProblem: it cannot be read, or is not UTF-8.
    """
    name = "standard input" if source == "-" else source
    try:
        return _read_bytes(source).decode()
    except OSError as error:
        raise UsageProblem(
            f"{name} cannot be read: {error.strerror or error}",
            hint="name a file that is there, or - for stdin",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageProblem(
            f"{name} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8"
        ) from error


def _read_bytes(source: str) -> bytes:
    if source != "-":
        return Path(source).read_bytes()
    if sys.stdin is None:
        raise OSError("it is closed")
    return sys.stdin.buffer.read()


def tell_warnings(warnings: Iterable[str]) -> None:
    """One line each, on standard error."""
    for warning in warnings:
        click.echo(f"warning: {safe(warning)}", err=True)


def is_asked() -> bool:
    """Whether somebody sits at a terminal who could answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()
