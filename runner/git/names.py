"""Names of branches, and what kind of change a task is: pure rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors import UsageProblem

SLUG_LIMIT = 40
ID_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What sort of change a task asks for, as a branch says it and as a commit says it."""

    branch_prefix: str
    commit_type: str


_WORDS = {
    "feat": ("feat", "feature", "enhancement"),
    "fix": ("fix", "fixes", "bug", "bugfix", "hotfix"),
    "docs": ("docs", "doc", "documentation"),
    "refactor": ("refactor", "refactoring"),
    "test": ("test", "tests", "testing"),
    "chore": ("chore",),
    "style": ("style",),
    "perf": ("perf", "performance"),
    "ci": ("ci",),
    "build": ("build",),
    "revert": ("revert",),
}
_TYPE_OF_WORD = {word: kind for kind, words in _WORDS.items() for word in words}

_PLAIN_WORDS = {
    "fix": "fix",
    "fixes": "fix",
    "bugfix": "fix",
    "hotfix": "fix",
    "document": "docs",
    "refactor": "refactor",
}
"""First words of a title that say it without a colon. "Build a page" and "Test drive" do not, so they are not here."""

_LABEL_FAMILY = re.compile(r"\A(kind|type)\s*[/:]\s*")
_HEADER = re.compile(r"\s*(?P<type>[A-Za-z]+)(?P<scope>\([^()]*\))?(?P<breaking>!)?\s*:\s*")


def kind_of(labels: Sequence[str], title: str) -> Kind:
    """The one classifier: the first label that says a kind wins, then the title, else it is a feature.

    Labels count in their order and whatever their case: `bug`, `kind/bug` and `type: bug` mean fix, `tests` means test.
    A title counts when it begins like a conventional commit (`docs(api): ...`) or with a plain word such as "Fix".
    """
    for label in labels:
        word = _LABEL_FAMILY.sub("", label.strip().lower())
        if (found := _TYPE_OF_WORD.get(word)) is not None:
            return Kind(branch_prefix=found, commit_type=found)
    found = _kind_in(title)
    return Kind(branch_prefix=found, commit_type=found)


def split_header(title: str) -> tuple[str, str]:
    """("(api)!", "repair it") of "fix(api)!: repair it"; ("", the title) when it does not begin with a known type."""
    match = _HEADER.match(title)
    if match is None or match["type"].lower() not in _TYPE_OF_WORD:
        return "", title.strip()
    return (match["scope"] or "") + (match["breaking"] or ""), title[match.end() :].strip()


def _kind_in(title: str) -> str:
    match = _HEADER.match(title)
    if match is not None and (found := _TYPE_OF_WORD.get(match["type"].lower())) is not None:
        return found
    words = title.split(maxsplit=1)
    return _PLAIN_WORDS.get(words[0].lower(), "feat") if words else "feat"


def slug(title: str) -> str:
    """Lower-case letters, digits and single dashes, at most 40 characters; empty when nothing readable is left.

    Letters outside ASCII are transliterated, not lost.
    """
    text = _ascii(title).lower()
    text = re.sub(r"[\s_-]+", "-", text)
    text = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9-]", "", text))
    return text.strip("-")[:SLUG_LIMIT].rstrip("-")


def safe_id(task_id: str) -> str:
    """The task id as it may stand in a branch name; "task" when nothing of it can."""
    text = re.sub(r"[^A-Za-z0-9_]+", "-", _ascii(task_id)).strip("-")
    return text[:ID_LIMIT].rstrip("-") or "task"


def branch_name(task_id: str, title: str, labels: Sequence[str], prefix: str | None = None) -> str:
    """`<prefix>/<task id>-<slug>`; the prefix is the kind's unless one is given, and "" leaves it out.

    A title without a readable character leaves no dash behind (the seed left one).

    Raises:
        UsageProblem: `prefix` cannot be part of a branch name.
    """
    chosen = kind_of(labels, title).branch_prefix if prefix is None else prefix.strip("/")
    name = "-".join(part for part in (safe_id(task_id), slug(title)) if part)
    whole = f"{chosen}/{name}" if chosen else name
    check_ref_name(whole)
    return whole


def check_ref_name(name: str) -> None:
    """Let a name through that git accepts for a branch (`git check-ref-format --branch`).

    Raises:
        UsageProblem: git would refuse it; the message says why.
    """
    problem = ref_name_problem(name)
    if problem:
        raise UsageProblem(
            f"{name!r} cannot be the name of a branch: {problem}",
            hint="use letters, digits, dashes and single slashes, such as fix/T-7-clock",
        )


_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def is_object_id(text: str) -> bool:
    """Whether it is a whole object id: what a file said that somebody else could write to goes into arguments."""
    return _OBJECT_ID.fullmatch(text) is not None


def in_the_way(name: str, wanted: str) -> bool:
    """Whether a branch `name` keeps git from making `wanted`: one is a folder on the other's path."""
    return wanted.startswith(f"{name}/") or name.startswith(f"{wanted}/")


def ref_name_problem(name: str) -> str:
    """Why git refuses `name` for a branch, in a few words; empty when it does not."""
    for pattern, problem in _FORBIDDEN:
        if pattern.search(name):
            return problem
    return ""


_FORBIDDEN = tuple(
    (re.compile(pattern), problem)
    for pattern, problem in (
        (r"\A\Z", "it is empty"),
        (r"\A-", "it begins with a dash"),
        (r"\A(HEAD|@)\Z", "git uses this name itself"),
        (r"[\x00-\x20\x7f]", "it has a space or a control character"),
        (r"[~^:?*\[\\]", "it has one of ~ ^ : ? * [ \\"),
        (r"\.\.", "it has two dots in a row"),
        (r"@\{", "it has @{"),
        (r"\A/|/\Z|//", "a slash begins or ends it, or two stand together"),
        (r"(\A|/)\.", "a part begins with a dot"),
        (r"\.lock(/|\Z)", "a part ends with .lock"),
        (r"\.\Z", "it ends with a dot"),
    )
)


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    from anyascii import anyascii  # large tables, only for those who need them

    return str(anyascii(text))
