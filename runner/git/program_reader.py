"""Reading a repository through git itself: every format, one process for each question."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.errors import GitFailed
from runner.git.model import Commit, TreeEntry
from runner.git.program import Git

_FORMAT = "--format=%H%x00%an%x00%ae%x00%ct%x00%B"
_BLOBS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ProgramReader:
    """The reader over the `git` program."""

    git: Git

    def head(self) -> str | None:
        return self.resolve("HEAD")

    def branch(self) -> str | None:
        done = self.git.ask("symbolic-ref", "--quiet", "HEAD")
        return os.fsdecode(done.stdout).strip().removeprefix("refs/heads/") or None

    def resolve(self, rev: str) -> str | None:
        done = self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        return done.stdout.decode().strip() or None if done.exit_code == 0 else None

    def tree(self, rev: str) -> tuple[TreeEntry, ...]:
        commit_id = self._known(rev)
        listed = self.git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit_id)
        return tuple(_entry(line) for line in listed.split(b"\0") if line and not line.startswith(b"160000"))

    def blobs(self, blob_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for start in range(0, len(blob_ids), _BLOBS_AT_ONCE):
            some = blob_ids[start : start + _BLOBS_AT_ONCE]
            output = self.git.run(
                "cat-file", "--batch", input_bytes="".join(f"{id_}\n" for id_ in some).encode()
            )
            yield from zip(some, _contents(output, some), strict=True)

    def log(self, count: int, rev: str) -> tuple[Commit, ...]:
        if rev == "HEAD" and self.head() is None:
            return ()
        options = ("-z", f"-n{count}", _FORMAT, "--encoding=UTF-8", "--no-show-signature")
        listed = self.git.run("log", *options, self._known(rev), "--")
        fields = listed.decode(errors="replace").split("\0")
        return tuple(_commit(fields[start : start + 5]) for start in range(0, len(fields) - 4, 5))

    def tracked_files(self) -> tuple[str, ...]:
        listed = self.git.run("ls-files", "--stage", "-z", "--full-name", ":/")
        lines = (line for line in listed.split(b"\0") if line and not line.startswith(b"160000"))
        # A path in conflict has up to three entries.
        return tuple(dict.fromkeys(os.fsdecode(line.split(b"\t", 1)[1]) for line in lines))

    def _known(self, rev: str) -> str:
        found = self.resolve(rev)
        if found is None:
            raise GitFailed(f"there is no commit {rev!r} in {self.git.folder}")
        return found


def _entry(line: bytes) -> TreeEntry:
    facts, path = line.split(b"\t", 1)
    mode, _, blob_id, size = facts.split()
    return TreeEntry(
        path=os.fsdecode(path),
        blob_id=blob_id.decode(),
        size_bytes=int(size),
        executable=mode == b"100755",
        link=mode == b"120000",
    )


def _contents(output: bytes, blob_ids: Sequence[str]) -> Iterator[bytes]:
    """The blobs in what `cat-file --batch` wrote: a line with the size, the content, a newline."""
    position = 0
    for blob_id in blob_ids:
        end = output.index(b"\n", position)
        header = output[position:end].split()
        if len(header) != 3:
            raise GitFailed(f"there is no object {blob_id}", hint="check the repository: git fsck")
        position = end + 1 + int(header[2])
        yield output[end + 1 : position]
        position += 1


def _commit(fields: Sequence[str]) -> Commit:
    return Commit(
        id=fields[0].strip(),
        author_name=fields[1],
        author_email=fields[2],
        committed_at=datetime.fromtimestamp(int(fields[3]), UTC),
        message=fields[4],
    )
