"""Reads what git prints of changes: per hunk what was there and what is there now, binary files included; pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from runner.redaction.packed import unpacked

WORDS = "the text of the commit"
NAME = "the name of a file"

_HUNK = re.compile(rb"(@@+) ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? @@+")
_COMMIT = re.compile(rb"commit [0-9a-f]{40,64}\b")
_ABOUT_FILE = re.compile(
    rb"index |old mode |new mode |mode |deleted file mode |(?:copy|rename) from |similarity index |--- "
    rb"|dissimilarity index |\\ No newline|\r?\n"
)
_PATH = re.compile(rb"(?:rename to |copy to |\+\+\+ )(.*?)\t?\r?\n")
_BOTH = re.compile(rb"diff --(?:git a/(?P<a>.*) b/(?P=a)|(?:cc|combined) (?P<cc>.*))\r?\n")
_QUOTED = re.compile(rb"diff --git .* \"b/(.*)\"\r?\n")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a change; `new` is what would be pushed, `old` what stood there before."""

    path: str
    new: bytes
    old: bytes = b""
    first_line: int = 0
    """Of `new` in its file, from 1; 0 where there are no lines: binary files, names, texts of commits."""
    added: frozenset[int] | None = None
    """The lines of `new` that were not there before, from 0; None for all."""


def read_patch(patch: bytes) -> Iterator[Piece]:
    """The output of `git log -p --binary`, `git show --binary` or `git diff --binary`, piece by piece.

    Raises:
        ValueError: it was made without `--binary`, so that not everything is in it.
    """
    yield from _Reader(patch).pieces()


class _Reader:
    """One pass over a patch."""

    def __init__(self, patch: bytes) -> None:
        self._lines = iter(io.BytesIO(patch))
        self._words: list[bytes] = []
        self._path = b""

    def pieces(self) -> Iterator[Piece]:
        in_file = False
        for line in self._lines:
            if line.startswith(b"diff --"):
                yield from self._take_words()
                self._path, in_file = _path_of_both(line), True
            elif in_file and line.startswith(b"new file mode "):
                yield Piece(path=NAME, new=self._path)
            elif in_file and (named := _PATH.match(line)):
                self._path = _unquoted(named[1], prefixed=line.startswith(b"+++ ")) or self._path
                if not line.startswith(b"+++ "):
                    yield Piece(path=NAME, new=self._path)
            elif in_file and (hunk := _HUNK.match(line)):
                yield self._hunk(hunk)
            elif in_file and line.rstrip() == b"GIT binary patch":
                yield from self._binary()
            elif line.startswith(b"Binary files ") and in_file:
                raise ValueError("the patch lacks its binary files: make it with --binary")
            elif not (in_file and _ABOUT_FILE.match(line)):
                in_file = in_file and not _COMMIT.match(line)
                self._words.append(line)
        yield from self._take_words()

    def _take_words(self) -> Iterator[Piece]:
        if self._words:
            yield Piece(path=WORDS, new=b"".join(self._words))
            self._words = []

    def _shown(self) -> str:
        return self._path.decode(errors="replace")

    def _hunk(self, head: re.Match[bytes]) -> Piece:
        """Count its lines: their text may look like anything, also like the beginning of another file."""
        marks = len(head[1]) - 1
        before = [int(count.partition(b",")[2] or 1) for count in head[2].split()]
        after, number = int(head[4] or 1), 0
        old: list[bytes] = []
        new: list[bytes] = []
        added: set[int] = set()
        while after > 0 or any(count > 0 for count in before):
            line = next(self._lines, None)
            if line is None:
                break
            if line.startswith(b"\\"):
                continue
            mark = line[:marks].rstrip(b"\r\n").ljust(marks)
            text = line[marks:] or b"\n"
            gone = b"-" in mark
            (old if gone else new).append(text)
            before = [
                count - (each == (45 if gone else 32)) for count, each in zip(before, mark, strict=False)
            ]
            if not gone:
                after -= 1
                added |= {number} if b"+" in mark else set()
                old += [] if b"+" in mark else [text]
                number += 1
        return Piece(
            path=self._shown(), new=b"".join(new), old=b"".join(old), first_line=int(head[3]), added=frozenset(added)
        )  # fmt: skip

    def _binary(self) -> Iterator[Piece]:
        """The new content, or what a delta puts in; then comes the way back, which is no part of the change."""
        delta = next(self._lines, b"").startswith(b"delta ")
        for content in unpacked(self._until_blank(), delta=delta):
            yield Piece(path=self._shown(), new=content)
        for _ in self._until_blank():
            pass

    def _until_blank(self) -> Iterator[bytes]:
        return iter(lambda: next(self._lines, b"").rstrip(b"\r\n"), b"")


def _path_of_both(line: bytes) -> bytes:
    """The path in a `diff --git` line; what follows it says it better, except for binary files."""
    if both := _BOTH.fullmatch(line):
        return both["a"] or both["cc"] or b""
    if quoted := _QUOTED.fullmatch(line):
        return _unescaped(quoted[1])
    return line.rstrip().rpartition(b" b/")[2]


def _unquoted(path: bytes, *, prefixed: bool) -> bytes:
    """The path, empty for /dev/null, which has nothing in it that would be pushed."""
    path = _unescaped(path[1:-1]) if path.startswith(b'"') and path.endswith(b'"') else path
    if path == b"/dev/null":
        return b""
    return path.partition(b"/")[2] if prefixed else path


def _unescaped(path: bytes) -> bytes:
    return _ESCAPE.sub(
        lambda found: bytes([int(found[1], 8)]) if found[1].isdigit() else _ESCAPED.get(found[1], found[1]),
        path,
    )
