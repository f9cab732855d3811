"""Reading a repository through libgit2: fast for many objects, 120 ms to load."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import GitFailed
from runner.git.model import Commit, TreeEntry

if TYPE_CHECKING:
    import pygit2

_LINK, _EXECUTABLE, _SUBMODULE = 0o120000, 0o100755, 0o160000


class LibraryReader:
    """The reader over pygit2. What libgit2 does not know, it refuses with `GitFailed`: git itself may know it."""

    def __init__(self, git_dir: Path, top: Path) -> None:
        """Raises: GitFailed (a format that libgit2 cannot read)."""
        with _refusals():
            import pygit2

            self._repository = pygit2.Repository(str(top))
            if Path(self._repository.path).resolve() != git_dir.resolve():
                raise GitFailed(f"{top} leads libgit2 to another repository")

    def head(self) -> str | None:
        return self.resolve("HEAD")

    def branch(self) -> str | None:
        with _refusals():
            # Unlike Repository.head this also names a branch that has no commit yet.
            target = self._repository.references["HEAD"].raw_target
        name = os.fsdecode(target) if isinstance(target, bytes) else ""
        return name.removeprefix("refs/heads/") if name.startswith("refs/") else None

    def resolve(self, rev: str) -> str | None:
        try:
            return str(self._commit(rev).id)
        except GitFailed:
            return None

    def tree(self, rev: str) -> tuple[TreeEntry, ...]:
        with _refusals():
            return tuple(self._files(self._commit(rev).tree, ""))

    def blobs(self, blob_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for blob_id in blob_ids:
            with _refusals():
                content = self._repository[blob_id].read_raw()
            yield blob_id, content

    def log(self, count: int, rev: str) -> tuple[Commit, ...]:
        import pygit2

        with _refusals():
            if rev == "HEAD" and self._repository.head_is_unborn:
                return ()
            # Any other order reads the whole history first.
            walker = self._repository.walk(self._commit(rev).id, pygit2.enums.SortMode.NONE)
            return tuple(_commit(found) for found, _ in zip(walker, range(count), strict=False))

    def tracked_files(self) -> tuple[str, ...]:
        with _refusals():
            self._repository.index.read(False)
            entries = self._repository.index
            # A path in conflict has up to three entries.
            return tuple(dict.fromkeys(entry.path for entry in entries if entry.mode != _SUBMODULE))

    def _commit(self, rev: str) -> pygit2.Commit:
        import pygit2

        with _refusals():
            return self._repository.revparse_single(rev).peel(pygit2.Commit)

    def _files(self, tree: pygit2.Tree, folder: str) -> Iterator[TreeEntry]:
        import pygit2

        for entry in tree:
            path = folder + os.fsdecode(entry.raw_name or b"")
            if isinstance(entry, pygit2.Tree):
                yield from self._files(entry, f"{path}/")
            elif entry.filemode != _SUBMODULE:
                yield TreeEntry(
                    path=path,
                    blob_id=str(entry.id),
                    size_bytes=self._size(entry.id),
                    executable=entry.filemode == _EXECUTABLE,
                    link=entry.filemode == _LINK,
                )

    def _size(self, blob_id: pygit2.Oid) -> int:
        try:
            return int(self._repository.odb.read_header(blob_id)[1])
        except KeyError:
            return -1


def _commit(found: pygit2.Commit) -> Commit:
    return Commit(
        id=str(found.id),
        message=found.raw_message.decode(errors="replace"),
        author_name=found.author.raw_name.decode(errors="replace"),
        author_email=found.author.raw_email.decode(errors="replace"),
        committed_at=datetime.fromtimestamp(found.commit_time, UTC),
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """Every way in which pygit2 says no becomes one."""
    try:
        yield
    except (ValueError, KeyError, OSError, TypeError, AttributeError, ImportError) as error:
        raise GitFailed(f"libgit2 cannot read this: {error}") from error
    except Exception as error:
        import pygit2

        if isinstance(error, pygit2.GitError):
            raise GitFailed(f"libgit2 cannot read this: {error}") from error
        raise
