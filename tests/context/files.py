"""A source in memory: keeps its files, counts what is read, and can lose some."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from runner.errors import GitFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEntry:
    path: str
    blob_id: str
    size_bytes: int
    link: bool = False


class MemorySource:
    """Files by path; a content that is not bytes is text. `links` maps a path to its target."""

    def __init__(self, files: Mapping[str, str | bytes], *, links: Mapping[str, str] | None = None) -> None:
        self._blobs: dict[str, bytes] = {}
        self._entries: list[MemoryEntry] = []
        self.lost: set[str] = set()
        """Paths whose content cannot be read."""
        self.absent: set[str] = set()
        """Paths whose content is not on this machine."""
        self.unlistable = False
        self.reads: list[str] = []
        for path, content in files.items():
            self._add(path, content, link=False)
        for path, target in (links or {}).items():
            self._add(path, target, link=True)

    def _add(self, path: str, content: str | bytes, *, link: bool) -> None:
        raw = content if isinstance(content, bytes) else content.encode()
        blob_id = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        self._blobs[blob_id] = raw
        self._entries.append(MemoryEntry(path=path, blob_id=blob_id, size_bytes=len(raw), link=link))

    def entries(self) -> tuple[MemoryEntry, ...]:
        if self.unlistable:
            raise GitFailed("the object store is damaged")
        return tuple(
            MemoryEntry(path=e.path, blob_id=e.blob_id, size_bytes=-1) if e.path in self.absent else e
            for e in self._entries
        )

    def read(self, blob_id: str) -> bytes:
        self.reads.append(blob_id)
        if any(entry.path in self.lost and entry.blob_id == blob_id for entry in self._entries):
            raise GitFailed(f"no such object: {blob_id[:7]}")
        return self._blobs[blob_id]
