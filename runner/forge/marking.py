"""The invisible line at the end of a body that tells whether a person edited title or text since; pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_MARK = re.compile(
    r"(?:\n\n|\A)<!-- written by runner: text (?P<body>[0-9a-f]{16}), title (?P<title>[0-9a-f]{16})"
    r"(?:, run (?P<run>[A-Za-z0-9-]{1,60}))? -->\s*\Z"
)
_RUN = re.compile(r"[A-Za-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the mark at the end of a body says about the title and the text above it."""

    ours: bool
    """There is a mark."""
    body_kept: bool
    """The text is as we wrote it."""
    title_kept: bool
    run_id: str = ""
    """Whose run wrote it; empty if it does not say so."""


def marked(title: str, body: str, run_id: str = "") -> str:
    """The body with its mark as the last line."""
    return body + mark(title, body, run_id)


def mark(title: str, body: str, run_id: str = "") -> str:
    """What `marked` puts at the end: it tells of this title, this body and this run wherever it stands."""
    run = f", run {run_id}" if _RUN.fullmatch(run_id) else ""
    return f"\n\n<!-- written by runner: text {_digest(body)}, title {_digest(title)}{run} -->"


def unmarked(body: str) -> str:
    """The body without the mark, as it was handed to `marked` if nobody edited it."""
    return _MARK.sub("", _plain_ends(body))


def signature(title: str, body: str) -> Signature:
    """What became of a title and a body that may be ours."""
    found = _MARK.search(_plain_ends(body))
    if found is None:
        return Signature(ours=False, body_kept=False, title_kept=False)
    return Signature(
        ours=True,
        body_kept=found["body"] == _digest(unmarked(body)),
        title_kept=found["title"] == _digest(title),
        run_id=found["run"] or "",
    )


def same(one: str, other: str) -> bool:
    """Whether two texts differ at most in line ends and in blanks at their ends: a forge may change those."""
    return _plain_ends(one).strip() == _plain_ends(other).strip()


def _digest(text: str) -> str:
    plain = _plain_ends(text).strip()
    return hashlib.sha256(plain.encode("utf-8", errors="replace")).hexdigest()[:16]


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
