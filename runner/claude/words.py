"""Text that a model wrote, made safe for a terminal, a commit message or a pull request."""

from __future__ import annotations

import re

from runner.claude.fields import Json

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)", re.DOTALL)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
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


def clean(text: str) -> str:
    """`text` without terminal escapes, control and direction characters; every line end is a newline."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", whole)))


def one_line(text: str, limit: int = 200) -> str:
    """The first line with something on it, clean, at most `limit` characters."""
    lines = (" ".join(line.split()) for line in clean(text).split("\n"))
    first = next((line for line in lines if line), "")
    return first if len(first) <= limit else first[: limit - 1] + "…"


def target(given: Json, workdir: str) -> str:
    """What a tool is used on, in one line: its file (relative inside `workdir`), command, pattern, ..."""
    for key in _TARGETS:
        value = given.get(key)
        if isinstance(value, str) and value.strip():
            inside = workdir and value.startswith(workdir.rstrip("/") + "/")
            return one_line(value[len(workdir.rstrip("/")) + 1 :] if inside else value)
    return ""
