"""Which texts the queue takes, and how ids and file references are written; pure."""

from __future__ import annotations

import re

from runner.errors import UsageProblem
from runner.tasks.model import FileReference

MAX_LINE = 200
MAX_LABEL = 100
MAX_PROJECT = 500
MAX_PATH = 4_000
MAX_NOTE = 2_000
MAX_BLOCK_BYTES = 5_000_000

# Patterns are compiled when they are first used, by `re` itself: `runner list` needs only the shortest.
_NOT_IN_A_LINE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
"""Control characters, line ends of every kind, and halves of characters (bytes that were not UTF-8)."""
_NOT_IN_A_BLOCK = "[\x00\ud800-\udfff]"
_CAPABILITY = r"[a-z0-9][a-z0-9._:/+-]{0,63}"
_TASK_ID = r"T-([1-9][0-9]{0,17})"
_REFERENCE = r"(?P<path>.+?)(?::(?P<start>[0-9]{1,9})(?:-(?P<end>[0-9]{1,9}))?)?"


def task_id(number: int) -> str:
    """The name people use for a task."""
    return f"T-{number}"


def task_number(text: str) -> int | None:
    """The number in a task id; None if no task can have this id."""
    found = re.fullmatch(_TASK_ID, text)
    return int(found[1]) if found else None


def parse_file_reference(text: str) -> FileReference:
    """Read `PATH`, `PATH:LINE` or `PATH:LINE-LINE`; a path that ends in `:NUMBER` needs a line after it.

    Raises:
        UsageProblem: no path, or lines that are not from 1 upwards.
    """
    found = re.fullmatch(_REFERENCE, text)
    if found is None:
        raise UsageProblem(f"{text!r} is no file reference", hint="write PATH, PATH:LINE or PATH:LINE-LINE")
    start, end = found["start"], found["end"]
    return checked_reference(
        FileReference(path=found["path"], start=int(start) if start else None, end=int(end) if end else None)
    )


def name(text: str, what: str, *, most: int = MAX_LINE) -> str:
    """One word for programs, without blanks. Raises: UsageProblem."""
    word = line(text, what, most=most)
    if re.search(r"\s", word):
        raise UsageProblem(f"{what} has no blanks, and {word!r} has", hint="write it as one word")
    return word


def checked_reference(reference: FileReference) -> FileReference:
    """The same reference.

    Raises:
        UsageProblem: its path is no path or leads out of the repository, or its lines are no lines.
    """
    line(reference.path, "a file's path", most=MAX_PATH)
    if _leads_out(reference.path):
        raise UsageProblem(
            f"{reference.path} is not in the repository",
            hint="write the path as it is from the top of the repository; nothing above that is read",
        )
    first, last = reference.start, reference.end
    wrong = first is None if last is not None else False
    if wrong or (first is not None and (first < 1 or (last is not None and last < first))):
        raise UsageProblem(
            f"{reference.path}: {_lines(first, last)}",
            hint="lines count from 1, and the last is not before the first",
        )
    return reference


def _leads_out(path: str) -> bool:
    """By its words alone, since a task may name a file that somebody has yet to write."""
    if path.startswith(("/", "~/")):
        return True
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False


def _lines(first: int | None, last: int | None) -> str:
    return f"there is no line {first}" if last is None else f"lines {first or 1} to {last} are no lines"


def line(text: str, what: str, *, most: int = MAX_LINE) -> str:
    """One line without the space around it. Raises: UsageProblem if it is empty, longer or more than a line."""
    stripped = text.strip()
    if not stripped:
        raise UsageProblem(f"{what} may not be empty", hint=f"say {what}, or leave it out where you can")
    if len(stripped) > most:
        raise UsageProblem(
            f"{what} may have {most} characters, not {len(stripped)}",
            hint="make it shorter; what needs more words goes into the description",
        )
    if re.search(_NOT_IN_A_LINE, stripped):
        raise UsageProblem(
            f"{what} must be one line of text, without control characters",
            hint="take newlines and control characters out; several lines go into the description",
        )
    return stripped


def block(text: str, what: str, *, most_bytes: int = MAX_BLOCK_BYTES) -> str:
    """Text of any number of lines. Raises: UsageProblem if it is too long or no text."""
    if re.search(_NOT_IN_A_BLOCK, text):
        raise UsageProblem(
            f"{what} must be text (UTF-8, no NUL)", hint="take out what is no text, or name the file instead"
        )
    if len(text) > most_bytes or len(text.encode()) > most_bytes:
        raise UsageProblem(
            f"{what} may have {most_bytes:,} bytes", hint="put it into a file of the repository"
        )
    return text


def capability(text: str) -> str:
    """A capability in lower case. Raises: UsageProblem."""
    name = text.strip().lower()
    if not re.fullmatch(_CAPABILITY, name):
        raise UsageProblem(
            f"{text!r} is no capability",
            hint="letters, digits and . _ : / + - are allowed, at most 64 of them",
        )
    return name


def cleaned(text: str, *, most: int) -> str:
    """A runner's text, over which it must not fail: what is no text becomes U+FFFD, a long one loses its middle."""
    clean = re.sub(_NOT_IN_A_BLOCK, "\ufffd", text)
    if len(clean) <= most:
        return clean
    mark = "\n[…]\n"
    kept = most - len(mark)
    return clean[: kept - kept // 2] + mark + clean[len(clean) - kept // 2 :]


def cleaned_line(text: str, *, most: int = MAX_NOTE) -> str:
    """The same on one line, cut at its end."""
    clean = " ".join(re.sub(_NOT_IN_A_LINE, " ", text).split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"
