"""The files a task names: resolved, refused or skipped with a line, ranges of one file brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.context.containment import Refusal, resolve
from runner.context.kinds import holds_private_key
from runner.context.source import Entry
from runner.tasks.model import FileReference

LARGEST_NAMED_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """One file that the task names, readable and inside the tree."""

    path: str
    """Where the content is tracked; links are followed."""
    text: str
    ranges: tuple[tuple[int, int], ...]
    """First and last lines that are asked for, from 1, in order, apart from each other; empty for the whole file."""


def named_files(
    files: tuple[FileReference, ...],
    entries: Mapping[str, Entry],
    read: Callable[[str], bytes],
    report: Callable[[str], None],
) -> tuple[NamedFile, ...]:
    """The files to show, each once, in the order of the task; what is not shown gives one line to `report`."""
    asked: dict[str, list[FileReference]] = {}
    for file in files:
        found = resolve(file.path, entries, lambda link: read(link.blob_id).decode(errors="replace"))
        if isinstance(found, Refusal):
            report(found.line)
        else:
            asked.setdefault(found.path, []).append(file)
    named = (_read(path, references, entries, read, report) for path, references in asked.items())
    return tuple(file for file in named if file is not None)


def _read(
    path: str,
    references: list[FileReference],
    entries: Mapping[str, Entry],
    read: Callable[[str], bytes],
    report: Callable[[str], None],
) -> NamedFile | None:
    if entries[path].size_bytes > LARGEST_NAMED_BYTES:
        report(f"{path} is skipped: it has more than {LARGEST_NAMED_BYTES // 10**6} MB")
        return None
    raw = read(entries[path].blob_id)
    if holds_private_key(raw):
        report(f"{path} is refused: it holds a private key")
        return None
    if b"\0" in raw:
        report(f"{path} is skipped: it is not a text file")
        return None
    text = raw.decode(errors="replace").removeprefix("\ufeff")
    count = text.count("\n") + (not text.endswith("\n"))
    whole = any(reference.start is None for reference in references)
    ranges = () if whole else _ranges(references, count)
    if not whole and not ranges:
        report(f"{path} is skipped: it has {count} lines, the task names lines after them")
        return None
    return NamedFile(path=path, text=text, ranges=ranges)


def _ranges(references: list[FileReference], count: int) -> tuple[tuple[int, int], ...]:
    """The asked lines that exist, those that touch each other joined."""
    spans = []
    for reference in references:
        start = max(1, reference.start or 1)
        end = min(count, start if reference.end is None else reference.end)
        if start <= end:
            spans.append((start, end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
