"""Which tracked file a written path means, and which paths are refused: outside, secret, not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from runner.context.kinds import is_secret
from runner.context.source import Entry
from runner.prompts import one_line

MOST_LINKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a path is not shown; one line for people."""

    line: str


def resolve(path: str, entries: Mapping[str, Entry], target_of: Callable[[Entry], str]) -> Entry | Refusal:
    """Find the tracked file a path means, through links, without ever leaving the tree.

    Args:
        path: as a person or a server wrote it.
        entries: all tracked files and links by their path.
        target_of: reads where a link points.
    """
    shown = one_line(path, 200)
    if _is_absolute(path) or not path.strip() or "\0" in path:
        return Refusal(line=f"{shown!r} is refused: only paths inside the repository are shown")
    here = _normal(path)
    for _ in range(MOST_LINKS):
        if here is None:
            return Refusal(line=f"{shown} is refused: it leads out of the repository")
        if is_secret(here):
            return Refusal(line=f"{shown} is refused: files of this name hold credentials")
        link = _link_in(here, entries)
        if link is None:
            found = entries.get(here)
            return found or Refusal(line=f"{shown} is skipped: no such file is tracked")
        here = _through(here, link, target_of(entries[link]))
    return Refusal(line=f"{shown} is refused: its symbolic links go round in a circle")


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\", "~")) or path[1:2] == ":"


def _normal(path: str) -> str | None:
    """The path without `.` and `..`; None when it leads above the top."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _link_in(path: str, entries: Mapping[str, Entry]) -> str | None:
    """The first part of the path that is a symbolic link, as a path from the top."""
    parents = [str(parent) for parent in reversed(PurePosixPath(path).parents) if str(parent) != "."]
    return next((p for p in (*parents, path) if p in entries and entries[p].link), None)


def _through(path: str, link: str, target: str) -> str | None:
    """Where the path leads once its link is followed."""
    if _is_absolute(target):
        return None
    folder = link.rpartition("/")[0]
    return _normal("/".join(filter(None, (folder, target, path[len(link) + 1 :]))))
