"""Where the files come from: the plug point, and the tree of a commit behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Entry(Protocol):
    """One tracked file."""

    @property
    def path(self) -> str:
        """Relative to the repository's top, with forward slashes."""
        ...

    @property
    def blob_id(self) -> str:
        """Names the content: the same id is the same bytes, in every commit."""
        ...

    @property
    def size_bytes(self) -> int:
        """Size of the content; negative when it is not on this machine."""
        ...

    @property
    def link(self) -> bool:
        """Whether it is a symbolic link; its content is then the target."""
        ...


class Source(Protocol):
    """The files of one state of a repository."""

    def entries(self) -> Sequence[Entry]:
        """All tracked files and links; none twice."""
        ...

    def read(self, blob_id: str) -> bytes:
        """The content of an entry.

        Raises:
            RunnerError: the content cannot be had, from a partial clone without a network, say.
        """
        ...


class Tree(Protocol):
    """What a repository must offer to be a source."""

    def tree(self, rev: str = "HEAD") -> Sequence[Entry]: ...

    def blob(self, blob_id: str) -> bytes: ...


class CommitSource:
    """The files of one commit, read from the object store: what lies in a work tree does not matter.

    The commit that `rev` names at the first question is kept, also when a branch moves on.
    """

    def __init__(self, repository: Tree, rev: str = "HEAD") -> None:
        self._repository = repository
        self._rev = rev
        self._entries: Sequence[Entry] | None = None

    def entries(self) -> Sequence[Entry]:
        if self._entries is None:
            self._entries = self._repository.tree(self._rev)
        return self._entries

    def read(self, blob_id: str) -> bytes:
        return self._repository.blob(blob_id)
