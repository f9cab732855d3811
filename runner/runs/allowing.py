"""What a person's answer allows a task to change: only a line that says nothing else counts; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.runs.protected import protected_in

NOTHING_ALLOWED = "no files are allowed by this answer: write `allow PATH ...` alone on a line"

_LINE = re.compile(r"\s*allow\b(?P<rest>.*)", re.IGNORECASE)
_WORD = re.compile(r"\ballow", re.IGNORECASE)
_THEM = frozenset({"", "it", "them", "this", "all of them"})
_STOP = re.compile(r"\s*[.!]?\Z")
_WRAPPED = "`'\""
_ENDS = ",;"
_EVERYTHING = re.compile(r"[*?/.\\]*")
"""Only wildcards, dots and slashes: it would be about every file, and nobody means that."""
_PATH = re.compile(r"[^\s`'\"<>(){}|,;:!]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an answer allows."""

    patterns: tuple[str, ...] = ()
    """Paths and patterns, in their order; may be empty."""
    refused_words: tuple[str, ...] = ()
    """What kept lines that begin with `allow` from counting: words that are no paths, and patterns of everything."""

    def told(self) -> str:
        """One line for people."""
        return f"allowed to change: {', '.join(self.patterns)}" if self.patterns else NOTHING_ALLOWED


def granted(answer: str, named: tuple[str, ...], *, extra: tuple[str, ...] = ()) -> Grant:
    """What the answer allows: `named`, the protected files that the task names, or the paths after `allow`.

    A line counts if it is `allow` alone (or with `it`, `them`, `this`, `all of them`) or has nothing but paths and
    patterns behind it: what else it says could take back what it allows. `extra` are the settings' protected patterns.
    """
    patterns: list[str] = []
    refused: list[str] = []
    for line in answer.splitlines():
        if (found := _LINE.fullmatch(line)) is None:
            continue
        words = _words(found["rest"])
        if _STOP.sub("", " ".join(words)).lower() in _THEM:
            patterns += named
        elif odd := [word for word in words if not _may_be_named(word, extra)]:
            refused += odd
        else:
            patterns += words
    return Grant(patterns=tuple(dict.fromkeys(patterns)), refused_words=tuple(dict.fromkeys(refused)))


def speaks_of_allowing(text: str) -> bool:
    """Whether the word stands anywhere in a question or an answer: then a person should hear what comes of it."""
    return _WORD.search(text) is not None


def _words(rest: str) -> list[str]:
    """The words behind `allow`, without what people put around and between paths."""
    words = [word.rstrip(_ENDS).strip(_WRAPPED).rstrip(_ENDS) for word in rest.removeprefix(":").split()]
    return [word for word in words if word]


def _may_be_named(word: str, extra: tuple[str, ...]) -> bool:
    """Whether a word is a path or a pattern, and not one of everything."""
    if not _PATH.fullmatch(word) or "://" in word or _EVERYTHING.fullmatch(word):
        return False
    if word.startswith((".", "!")) or "/" in word:
        return not word.startswith(("!", "..")) and "/../" not in f"/{word}/"
    return bool(protected_in([word], extra=extra))
