"""The text of a commit: one safe subject, a body, our trailers; pure rules."""

from __future__ import annotations

import re
import unicodedata

from runner.git.names import Kind, split_header
from runner.git.trailers import RunMark
from runner.visible import without_broken, without_hidden

SUBJECT_LIMIT = 72

_TRAILER_LIKE = re.compile(r"\s*(task|run|change-id|[a-z0-9-]+-(by|to))\s*:", re.IGNORECASE)
_MEANS_SOMETHING = re.compile(r"#|---|diff -|Index: ")
"""Starts of lines that git takes for a comment, or for the end of a message in a mail."""


def commit_message(
    *,
    kind: Kind,
    title: str,
    body: str = "",
    mark: RunMark | None = None,
    task_id: str = "",
    co_author: str = "",
) -> str:
    """`type: title`, blank line, body, blank line, trailers; ends with a newline.

    Every value may come from a stranger or a model: what could break out of its line, or pass for a trailer of ours,
    cannot. A title that is too long for a subject stands whole at the top of the body. `task_id` is for a person's
    commit, which has no run; `co_author` is `Name <address>`, empty for none. A sign-off is git's to add.
    """
    subject, rest = _subject(kind, title, mark.task_id if mark else task_id)
    paragraphs = [subject, rest, clean_text(body), _trailers(mark, task_id, co_author)]
    return "\n\n".join(part for part in paragraphs if part) + "\n"


def _subject(kind: Kind, title: str, task_id: str) -> tuple[str, str]:
    """The subject, and the title again if it had to be cut."""
    scope, text = split_header(single_line(title))
    text = text or f"task {single_line(task_id)}".rstrip()
    whole = f"{kind.commit_type}{scope}: {text}"
    if len(whole) <= SUBJECT_LIMIT:
        return whole, ""
    cut = whole[: SUBJECT_LIMIT + 1].rsplit(" ", 1)[0]
    # One endless word has no good place to cut.
    if len(cut) < SUBJECT_LIMIT // 2 or len(cut) > SUBJECT_LIMIT:
        cut = whole[:SUBJECT_LIMIT]
    return cut.rstrip(), clean_text(text)


def _trailers(mark: RunMark | None, task_id: str, co_author: str) -> str:
    task = single_line(mark.task_id if mark else task_id)
    lines = [f"Task: {task}"] if task else []
    if mark is not None:
        lines.append(f"Run: {single_line(mark.run)}")
    if who := single_line(co_author):
        lines.append(f"Co-Authored-By: {who}")
    return "\n".join(lines)


def single_line(text: str) -> str:
    """`text` on one line: no control, direction or invisible characters, single spaces, nothing at the ends."""
    return " ".join(_clean(text).split())


def clean_text(text: str) -> str:
    """Many lines made harmless: see `single_line`; what looks like a trailer is quoted, like a comment is indented."""
    lines = [_harmless(line.rstrip()) for line in _clean(text).expandtabs(4).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", without_broken(without_hidden(text)))


def _harmless(line: str) -> str:
    if _TRAILER_LIKE.match(line):
        return f"> {line.lstrip()}"
    return f" {line}" if _MEANS_SOMETHING.match(line) else line
