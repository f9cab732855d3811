"""The developer's checkout as it is at one moment: a value, so that two moments can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from runner.errors import StoreFailed
from runner.git.repository import Repository

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
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreFailed(
                f"the fingerprint of the checkout cannot be read: {error}", hint="the run's folder is damaged"
            ) from error


def take(
    repository: Repository, *, ours: tuple[Path, ...] = (), since: Fingerprint | None = None
) -> Fingerprint:
    """Look at the checkout; nothing is written there. `ours` are folders of our own that may lie in it.

    With `since`, tracked files that were touched after it are read, and not only believed to be unchanged.

    Raises:
        GitFailed: the repository is gone or damaged.
        ChildTimedOut: git did not answer.
    """
    from runner.git.alibi_files import look_at_files
    from runner.git.alibi_status import read_refs, read_stash, read_status
    from runner.git.alibi_store import Store, read_store

    store: list[Store] = []
    folders = (repository.git_dir, repository.common_dir)
    reading = Thread(target=lambda: store.append(read_store(*folders, repository.source)))
    # Thousands of small objects are looked at while git looks at the files.
    reading.start()
    try:
        status = read_status(repository)
        refs, remotes = read_refs(repository)
        stash = read_stash(repository) if "refs/stash" in refs else ()
    finally:
        reading.join()
    files, ignored = look_at_files(repository, status, ours=ours, since=since)
    return Fingerprint(
        top=str(repository.top),
        head=status.head,
        commit=status.commit,
        staged=status.staged,
        files=files,
        folders=ignored,
        refs=refs,
        remotes=remotes,
        stash=stash,
        settings=store[0].settings,
        logs=store[0].logs,
        packs=store[0].packs,
        loose=store[0].loose,
    )


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
