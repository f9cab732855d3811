"""The plug point for reading a repository: libgit2 answers, or git itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from runner.git.model import Commit, TreeEntry


class Reader(Protocol):
    """Answers questions about one repository and writes nothing. Both drivers give the same answers.

    Every method may raise `GitFailed`, for an unknown revision or an object that is not there.
    """

    def head(self) -> str | None:
        """The commit id of HEAD; None in an empty repository."""
        ...

    def branch(self) -> str | None:
        """The short name of the current branch, also before its first commit; None when HEAD is detached."""
        ...

    def resolve(self, rev: str) -> str | None:
        """The id of the commit that `rev` means; None if it means none."""
        ...

    def tree(self, rev: str) -> tuple[TreeEntry, ...]:
        """All files of a commit in git's order, without submodules."""
        ...

    def blobs(self, blob_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(id, content) of each, in the given order; one at a time in memory."""
        ...

    def log(self, count: int, rev: str) -> tuple[Commit, ...]:
        """The newest commits first; () in an empty repository."""
        ...

    def tracked_files(self) -> tuple[str, ...]:
        """Paths in the index in git's order, without submodules."""
        ...
