"""The last lines of a commit message that say which task and which run made it: pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TRAILER = re.compile(r"(?P<key>[A-Za-z0-9][A-Za-z0-9-]*)[ \t]*:[ \t]*(?P<value>.*)")
_RUN = re.compile(r"(?P<run_id>\S+)/(?P<fence>[0-9]{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMark:
    """Who made a commit: one run, under one fence, of one task."""

    task_id: str
    run_id: str
    fence: int

    @property
    def run(self) -> str:
        """What stands behind `Run:`."""
        return f"{self.run_id}/{self.fence}"


def parse_trailers(message: str) -> tuple[tuple[str, str], ...]:
    """All (key, value) pairs at the end of a message, in order; keys as written.

    Every last paragraph that has nothing but trailers counts: a repository's commit-msg hook may have put one of its
    own behind ours.
    """
    found: list[tuple[str, str]] = []
    # The first paragraph is the subject, whatever it looks like.
    for paragraph in reversed(re.split(r"\n[ \t]*\n", message.strip())[1:]):
        pairs = _pairs(paragraph.strip("\n"))
        if not pairs:
            break
        found[:0] = pairs
    return tuple(found)


def _pairs(paragraph: str) -> list[tuple[str, str]]:
    """The trailers of a paragraph, or none if it has any other line."""
    pairs: list[tuple[str, str]] = []
    for line in paragraph.split("\n"):
        if line[:1] in {" ", "\t"} and pairs:
            key, value = pairs[-1]
            pairs[-1] = (key, f"{value} {line.strip()}")
            continue
        match = _TRAILER.fullmatch(line)
        if match is None:
            return []
        pairs.append((match["key"], match["value"].strip()))
    return pairs


def mark_of(message: str) -> RunMark | None:
    """The mark that a commit of ours carries; None for anybody else's, or when it has two of a kind."""
    pairs = parse_trailers(message)
    tasks = [value for key, value in pairs if key.lower() == "task"]
    runs = [value for key, value in pairs if key.lower() == "run"]
    if len(tasks) != 1 or len(runs) != 1:
        return None
    match = _RUN.fullmatch(runs[0])
    if match is None:
        return None
    return RunMark(task_id=tasks[0], run_id=match["run_id"], fence=int(match["fence"]))


def may_replace(messages: Iterable[str], mark: RunMark) -> bool:
    """Whether commits with these messages were all made for this task by an older claim, or by this very run."""
    marks = [mark_of(message) for message in messages]
    return all(found is not None and _is_older(found, mark) for found in marks)


def _is_older(found: RunMark, mark: RunMark) -> bool:
    if found.task_id != mark.task_id:
        return False
    return found.fence < mark.fence or (found.fence == mark.fence and found.run_id == mark.run_id)
