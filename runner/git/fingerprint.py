"""The developer's checkout as it is at one moment: a value, so that two moments can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from runner.errors import StoreFailed

SCHEMA = 1
INDEX = "index"
"""Content of a tracked file that git calls unchanged: what the index says."""


class FileFacts(NamedTuple):
    """One file or link of the checkout, `.git` aside."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    """Nobody can set it: a file whose other times were put back still shows that it was written."""
    inode: int
    mode: int
    kind: str
    """tracked, dirty, untracked or ignored"""
    link: str = ""
    """Where a symbolic link points."""
    content: str = ""
    """A hash; `INDEX`; empty when the file was too large to be read."""


class FolderFacts(NamedTuple):
    """A big ignored folder (`node_modules`): its files together."""

    files: int
    size_bytes: int
    newest_ctime_ns: int
    whole: bool
    """False: it has more files than are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """HEAD, index, files, refs, stash, settings, hooks and objects of one checkout."""

    top: str
    head: str
    """The branch that HEAD is on, in full; empty when it is detached."""
    commit: str
    """Empty before the first commit."""
    staged: Mapping[str, str]
    """Path to mode and id, for all of the index that differs from the commit."""
    files: Mapping[str, FileFacts]
    folders: Mapping[str, FolderFacts]
    refs: Mapping[str, str]
    """Local ones: branches, tags, notes, the stash."""
    remotes: Mapping[str, str]
    """What was last seen of remotes: any fetch moves them, by whoever."""
    stash: tuple[str, ...]
    """Ids of the entries, newest first."""
    settings: Mapping[str, str]
    """Config, hooks and the like: file below the git folder to mode and hash."""
    logs: Mapping[str, int]
    """Sizes of the reflogs of HEAD and the stash."""
    packs: Mapping[str, int]
    """File in `objects/pack` to size."""
    loose: Mapping[str, tuple[int, int]]
    """Folder of `objects` to how many objects it has, and their size together."""

    def to_json(self) -> bytes:
        """For a file of the run; `from_json` reads it back."""
        facts = {name: _plain(getattr(self, name)) for name in self.__slots__}
        return json.dumps({"schema": SCHEMA, **facts}, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Fingerprint:
        """Raises: StoreFailed (it is damaged, or another version's)."""
        try:
            facts = json.loads(content)
            if facts.pop("schema") != SCHEMA:
                raise ValueError("another version")  # noqa: TRY301 - one place makes one error of all
            facts["stash"] = tuple(facts["stash"])
            for name, made in (("files", FileFacts), ("folders", FolderFacts)):
                facts[name] = {key: made(*values) for key, values in facts[name].items()}
            facts["loose"] = {key: (count, size) for key, (count, size) in facts["loose"].items()}
            return cls(**facts)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise StoreFailed(
                f"the fingerprint of the checkout cannot be read: {error}", hint="the run's folder is damaged"
            ) from error


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
