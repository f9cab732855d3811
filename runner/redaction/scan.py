"""The secrets scan of what would be pushed: added lines of patches, and texts; the value itself is never told.

Decided here:
- Only what is new counts. A secret that stands in removed or unchanged lines of the same patch is in the base already.
- `pragma: allowlist secret` counts for nothing: it could only stand in an added line, and nobody may allow himself.
- What only sounds like a secret (`password = "..."`) counts if it looks random; examples of manuals never count.
- Text in UTF-16 and UTF-32 is looked through as well, as far as it is ASCII; git takes it for a binary file.
- Binary files are looked through byte by byte; what is packed inside them (zip, gzip) is not unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from runner.redaction.needles import Span
from runner.redaction.patches import WORDS, Piece, read_patch
from runner.redaction.redactor import Redactor
from runner.redaction.scanner import PRIVATE_KEY
from runner.redaction.telling import is_worth_telling

_NAMES = {
    "aws-key": "AWS access key",
    "aws-secret-key": "AWS secret key",
    "json-web-token": "JSON web token",
    "url-password": "password in a URL",
    "private-key": "private key",
    "authorization": "credential of an Authorization header",
}
_WIDE = re.compile(
    rb"(?:[\t\n\r -~]\0{3}){4,}|(?:\0{3}[\t\n\r -~]){4,}|(?:[\t\n\r -~]\0){4,}|(?:\0[\t\n\r -~]){4,}"
)
"""Text in UTF-16 or UTF-32, of either byte order, wherever it begins. Other NUL bytes part words, and stay."""
_KEY_BYTES = 400
"""So much of a private key tells it from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A secret, by kind and place; never the secret itself."""

    path: str
    line: int
    """From 1; 0 where there are no lines."""
    kind: str
    digest: str = field(repr=False)
    """Equal for equal secrets; for comparing here, not for showing: a short secret could be guessed from it."""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.kind} in {where}"


def scan_text(text: str, *, path: str, redactor: Redactor | None = None) -> tuple[Finding, ...]:
    """Every secret in a text that would be published; `path` says what the text is.

    `redactor` knows the values of this machine; without one only known shapes are found.
    """
    known = redactor or Redactor()
    piece = Piece(path=path, new=text.encode("utf-8", "surrogatepass"), first_line=1)
    return tuple(_once(_in_piece(piece, known)))


def scan_patch(patch: bytes, *, redactor: Redactor | None = None) -> tuple[Finding, ...]:
    """Every secret that a patch adds: in its lines, binary files, names of files, and in the texts of its commits.

    `patch` is what `git log -p --binary base..tip` (or `git show`, `git diff`) prints; each commit counts by itself, so
    that a secret which a later commit takes out again is found, too.

    Raises:
        ValueError: it was made without `--binary`, so that not everything is in it.
    """
    known = redactor or Redactor()
    found = (finding for commit in _commits(read_patch(patch)) for finding in _new_in(commit, known))
    return tuple(_once(found))


def _commits(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    commit: list[Piece] = []
    for piece in pieces:
        if piece.path == WORDS and commit:
            yield commit
            commit = []
        commit.append(piece)
    yield commit


def _new_in(commit: list[Piece], redactor: Redactor) -> Iterator[Finding]:
    """What one commit adds, without what stood in the lines that it changes."""
    found = [finding for piece in commit for finding in _in_piece(piece, redactor)]
    if found:
        old = (Piece(path="", new=piece.old) for piece in commit)
        before = {finding.digest for piece in old for finding in _in_piece(piece, redactor)}
        yield from (finding for finding in found if finding.digest not in before)


def _in_piece(piece: Piece, redactor: Redactor) -> Iterator[Finding]:
    if not piece.new:
        return
    told = _shown(piece.path, redactor)
    narrow = _WIDE.sub(lambda found: found[0].replace(b"\0", b""), piece.new)
    for text in (piece.new, narrow) if narrow != piece.new else (piece.new,):
        yield from _in_text(text, piece, told, redactor)


def _in_text(text: bytes, piece: Piece, told: str, redactor: Redactor) -> Iterator[Finding]:
    """Every secret in the piece, or in a copy of it that has the same lines."""
    line, counted = 0, 0
    for span in _spans(text, redactor):
        last = text.count(b"\n", span.start, span.end)
        line, counted = line + text.count(b"\n", counted, span.start), span.start
        if piece.added is not None and not piece.added & _lines(span, line, last):
            continue
        yield Finding(
            path=told,
            line=line + piece.first_line if piece.first_line else 0,
            kind=_name(span),
            digest=_digest(span, text),
        )


def _spans(text: bytes, redactor: Redactor) -> list[Span]:
    sure = [span for span in redactor.spans(text) if is_worth_telling(span, text)]
    taken = [(span.start, span.end) for span in sure]
    words = (span for span in redactor.spans(text, words=True) if is_worth_telling(span, text))
    apart = (span for span in words if not any(start < span.end and span.start < end for start, end in taken))
    return sorted([*sure, *apart], key=lambda span: span.start)


def _lines(span: Span, first: int, more: int) -> frozenset[int]:
    """The lines that a find takes; of a private key only its beginning is known, and more lines follow."""
    return frozenset(range(first, first + more + (4 if span.kind == PRIVATE_KEY else 1)))


def _digest(span: Span, text: bytes) -> str:
    end = span.start + _KEY_BYTES if span.kind == PRIVATE_KEY else span.end
    return sha256(span.kind.encode() + b"\0" + text[span.start : end]).hexdigest()[:16]


def _name(span: Span) -> str:
    return (
        f"value of {span.kind}"
        if span.source == "value"
        else _NAMES.get(span.kind, span.kind.replace("-", " "))
    )


def _shown(path: str, redactor: Redactor) -> str:
    """The path as it may be told: a name can hold a secret, too, or control a terminal."""
    return "".join(c if c.isprintable() else "?" for c in redactor.text(path))[:500]


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, int, str]] = set()
    for finding in findings:
        place = (finding.path, finding.line, finding.kind)
        if place not in seen:
            seen.add(place)
            yield finding
