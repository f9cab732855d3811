"""Text that a model wrote, made safe for a terminal, a commit message or a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runner.claude.fields import Json
from runner.visible import visible, visible_line

Hide = Callable[[str], str]
"""Takes secrets out of a text. It comes before any cut: half a secret is not known any more."""

_TARGETS = (
    "file_path",
    "notebook_path",
    "command",
    "pattern",
    "path",
    "url",
    "query",
    "description",
    "prompt",
)


def one_line(text: str, limit: int = 200) -> str:
    """The first line with something on it, visible, at most `limit` characters."""
    return _first(visible(text).split("\n"), limit)


def last_line(text: str, limit: int = 200) -> str:
    """The last line with something on it, visible, at most `limit` characters."""
    return _first(reversed(visible(text).split("\n")), limit)


def _first(lines: Iterable[str], limit: int) -> str:
    return visible_line(next((line for line in lines if line.strip()), ""), limit)


def target(given: Json, workdir: str, hide: Hide = str) -> str:
    """What a tool is used on, in one line: its file (relative inside `workdir`), command, pattern, ..."""
    for key in _TARGETS:
        value = given.get(key)
        if isinstance(value, str) and value.strip():
            inside = workdir and value.startswith(workdir.rstrip("/") + "/")
            return one_line(hide(visible(value[len(workdir.rstrip("/")) + 1 :] if inside else value)))
    return ""
