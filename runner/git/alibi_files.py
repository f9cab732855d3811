"""Every file of a checkout with its facts: one walk, and a look inside of what git has no copy of."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runner.git.alibi_status import STATUS_S, Status
from runner.git.fingerprint import INDEX, FileFacts, Fingerprint, FolderFacts
from runner.git.repository import Repository

FOLDER_LIMIT_FILES = 500
"""An ignored folder with more files than this is told as a whole."""
WALK_LIMIT_FILES = 20_000
"""So many files are looked at in one ignored folder; of what lies behind, nothing is known."""
READ_LIMIT_BYTES = 10_000_000
"""A larger file is known by its size and times only."""
READ_ALL_LIMIT_BYTES = 100_000_000
"""For all files together."""

Facts = tuple[dict[str, FileFacts], dict[str, FolderFacts]]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk through a checkout."""

    top: str
    status: Status
    ours: frozenset[str]
    files: dict[str, FileFacts] = field(default_factory=dict)
    folders: dict[str, FolderFacts] = field(default_factory=dict)
    may_read_bytes: int = READ_ALL_LIMIT_BYTES

    def go(self, folder: str) -> None:
        """Take in `folder`, a path below the top that ends with a slash; "" is the top itself."""
        for entry in _entries(self.top + folder):
            path = folder + entry.name
            if not entry.is_dir(follow_symlinks=False):
                self._see(path, entry, self._kind(path))
            elif (self.top + path) in self.ours or path == ".git":
                continue
            elif f"{path}/" in self.status.ignored or entry.name == ".git":
                self._see_folder(f"{path}/")
            else:
                self.go(f"{path}/")

    def _kind(self, path: str) -> str:
        status = self.status
        if path in status.dirty:
            return "dirty"
        if path in status.untracked:
            return "untracked"
        return "ignored" if path in status.ignored else "tracked"

    def _see(self, path: str, entry: os.DirEntry[str], kind: str) -> None:
        try:
            facts = entry.stat(follow_symlinks=False)
            link = os.readlink(self.top + path) if stat.S_ISLNK(facts.st_mode) else ""  # noqa: PTH115 - thousands
        except OSError:
            return  # gone between two looks
        content = INDEX if kind == "tracked" else "" if link else self._hash(path, facts)
        self.files[path] = file_facts(facts, kind=kind, link=link, content=content)

    def _hash(self, path: str, facts: os.stat_result) -> str:
        wanted = facts.st_size
        if not stat.S_ISREG(facts.st_mode) or wanted > min(READ_LIMIT_BYTES, self.may_read_bytes):
            return ""
        self.may_read_bytes -= wanted
        return hash_file(self.top + path)

    def _see_folder(self, folder: str) -> None:
        """An ignored folder: each file as long as they are few, else all together."""
        seen = [
            found for found, _ in zip(_below(self.top, folder), range(WALK_LIMIT_FILES + 1), strict=False)
        ]
        if len(seen) <= FOLDER_LIMIT_FILES:
            for path, entry in seen:
                self._see(path, entry, "ignored")
            return
        facts = [entry.stat(follow_symlinks=False) for _, entry in seen[:WALK_LIMIT_FILES]]
        self.folders[folder] = FolderFacts(
            files=len(facts),
            size_bytes=sum(fact.st_size for fact in facts),
            newest_ctime_ns=max(fact.st_ctime_ns for fact in facts),
            whole=len(seen) <= WALK_LIMIT_FILES,
        )


def look_at_files(
    repository: Repository, status: Status, *, ours: tuple[Path, ...], since: Fingerprint | None
) -> Facts:
    """All files and links of the checkout, and its big ignored folders. Raises: GitFailed."""
    walk = _Walk(top=f"{repository.top}/", status=status, ours=frozenset(str(path) for path in ours))
    walk.go("")
    if since is not None:
        _read_touched(repository, walk.files, since)
    return walk.files, walk.folders


def file_facts(facts: os.stat_result, *, kind: str, link: str = "", content: str = "") -> FileFacts:
    return FileFacts(
        facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino, facts.st_mode, kind, link, content
    )


def hash_file(path: str) -> str:
    """Empty when it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - thousands of files
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read_touched(repository: Repository, files: dict[str, FileFacts], since: Fingerprint) -> None:
    """Files that git calls unchanged but that were touched: compare them with the index ourselves.

    git can be told not to look (`--assume-unchanged`, `core.trustctime`), by whoever may write to its folder.
    """
    touched = [
        path
        for path, facts in files.items()
        if facts.content == INDEX
        and not facts.link
        and (before := since.files.get(path)) is not None
        and before[:5] != facts[:5]
    ]
    if not touched:
        return
    known = _index_ids(repository)
    listed = [path for path in touched if "\n" not in path]
    asked = "".join(f"{path}\n" for path in listed)
    done = repository.git.run(
        "hash-object", "--stdin-paths", input_bytes=os.fsencode(asked), timeout_s=STATUS_S
    )
    read = dict(zip(listed, done.decode().split(), strict=True))
    for path in touched:
        if known.get(path) != read.get(path, ""):
            files[path] = files[path]._replace(kind="dirty", content=hash_file(f"{repository.top}/{path}"))


def _index_ids(repository: Repository) -> dict[str, str]:
    listed = os.fsdecode(repository.git.run("ls-files", "--stage", "-z", "--full-name", ":/")).split("\0")
    rows = (line.partition("\t") for line in listed if line)
    return {path: facts.split(" ")[1] for facts, _, path in rows}


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []  # gone between two looks, or not ours to read


def _below(top: str, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file below a folder, with its path from the top."""
    for entry in _entries(top + folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _below(top, f"{folder}{entry.name}/")
        else:
            yield folder + entry.name, entry
