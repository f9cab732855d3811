"""The developer's repository, read: never changed by anything here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from runner.errors import GitFailed
from runner.git.base_choice import choose_remote
from runner.git.discovery import Place, find_repository
from runner.git.model import Commit, TreeEntry
from runner.git.program import Git
from runner.git.program_reader import ProgramReader
from runner.git.reader import Reader

T = TypeVar("T")

_PLAIN_DIFF = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--find-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_READING = (("core.fsmonitor", "false"), ("core.quotePath", "false"))
"""No daemon is started by a question, and a path is written as it is."""


class Repository:
    """One checkout: a plain one, a linked work tree or a submodule; empty or detached ones too.

    Commits, trees, blobs, history and the index are read through libgit2, and by git itself where libgit2 does not know
    the format (sha-256, a sparse index, objects that a partial clone has yet to fetch). Status and diffs are always
    git's: only git knows the developer's filters, and libgit2 words a patch differently.
    """

    def __init__(self, place: Place, source: Mapping[str, str], *, light: bool = False) -> None:
        self.top = place.top
        self.git_dir = place.git_dir
        self.common_dir = place.common_dir
        """Where all work trees of this repository keep what they share."""
        self.source = source
        self.git = Git(folder=place.top, source=source, settings=_READING)
        self._program = ProgramReader(self.git)
        self._light = light

    @classmethod
    def open(cls, start: Path, *, source: Mapping[str, str] | None = None, light: bool = False) -> Repository:
        """Find the repository that `start`, a folder or a file, is in.

        `source` is the environment to take git's settings from, this process's by default. `light` never loads
        libgit2, which takes 120 ms: for whoever asks a few short questions.

        Raises:
            NotARepository: there is none, or it is bare.
            GitFailed: there is one that this git cannot read.
        """
        source = dict(os.environ) if source is None else source
        return cls(find_repository(start, source), source, light=light)

    def lightly(self) -> Repository:
        """The same repository, read without libgit2."""
        place = Place(top=self.top, git_dir=self.git_dir, common_dir=self.common_dir)
        return Repository(place, self.source, light=True)

    def head(self) -> str | None:
        """The commit id of HEAD; None in an empty repository."""
        return self._ask(lambda reader: reader.head())

    def branch(self) -> str | None:
        """The current branch, also before its first commit; None when HEAD is detached."""
        return self._ask(lambda reader: reader.branch())

    def resolve(self, rev: str) -> str | None:
        """The id of the commit that `rev` means; None if it means none."""
        return self._ask(lambda reader: reader.resolve(rev))

    def tree(self, rev: str = "HEAD") -> tuple[TreeEntry, ...]:
        """All files of a commit, without submodules; () in an empty repository. Raises: GitFailed (no such commit)."""
        if rev == "HEAD" and self.head() is None:
            return ()
        return self._ask(lambda reader: reader.tree(rev))

    def blob(self, blob_id: str) -> bytes:
        """Raises: GitFailed (no such object)."""
        return next(self.blobs((blob_id,)))[1]

    def blobs(self, blob_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(id, content) of each, in order, one at a time in memory. Raises: GitFailed (no such object)."""
        done = 0
        if (library := self._library) is not None:
            try:
                for found in library.blobs(blob_ids):
                    yield found
                    done += 1
            except GitFailed:
                pass  # the rest is for git, which can fetch what a partial clone left out
        if done < len(blob_ids):
            yield from self._program.blobs(blob_ids[done:])

    def diff(self, *, staged: bool) -> str:
        """What is staged, or what is changed and not staged, as a patch; untracked files are in neither."""
        if staged:
            return self.git.run("diff", "--staged", *_PLAIN_DIFF).decode(errors="replace")
        with TemporaryDirectory(prefix="runner-") as folder:
            # git notes in the index which files only look changed: let it, in a copy.
            index = Path(folder) / "index"
            if (self.git_dir / "index").is_file():
                shutil.copy2(self.git_dir / "index", index)
            return self.git.with_index(index).run("diff", *_PLAIN_DIFF).decode(errors="replace")

    def log(self, count: int = 10, rev: str = "HEAD") -> tuple[Commit, ...]:
        """The newest `count` commits, newest first; () in an empty repository. Raises: GitFailed (no such commit)."""
        return self._ask(lambda reader: reader.log(count, rev))

    def recent_commits(self, count: int = 10, rev: str = "HEAD") -> tuple[str, ...]:
        """The same as lines: seven letters of the id, and the subject."""
        return tuple(f"{commit.id[:7]} {commit.subject}" for commit in self.log(count, rev))

    def tracked_files(self) -> tuple[str, ...]:
        """Paths in the index, without submodules."""
        return self._ask(lambda reader: reader.tracked_files())

    def status_text(self) -> str:
        """What `git status --porcelain` prints, with paths outside ASCII as they are; "" when all is clean."""
        return self.git.run("status", "--porcelain=v1").decode(errors="replace")

    def has_changes(self) -> bool:
        """Whether anything is staged, changed or untracked."""
        return bool(self.status_text())

    def config_value(self, key: str) -> str | None:
        """The effective value of a setting; None if it is not set."""
        done = self.git.ask("config", "--get", "-z", key)
        return os.fsdecode(done.stdout).removesuffix("\0") if done.exit_code == 0 else None

    def remotes(self) -> tuple[str, ...]:
        return tuple(self.git.text("remote").split())

    def main_remote(self) -> str | None:
        """The remote that branches go to; None without any."""
        names = self.remotes()
        return choose_remote(names, self.config_value("remote.pushDefault") if len(names) > 1 else None)

    def remote_url(self, name: str = "origin") -> str | None:
        """Where the remote is, after the developer's `url.*.insteadOf`; None when there is no such remote."""
        done = self.git.ask("remote", "get-url", "--", name)
        return os.fsdecode(done.stdout).splitlines()[0] if done.exit_code == 0 else None

    def default_branch(self, remote: str = "origin") -> str | None:
        """The remote's default as this checkout knows it, else the current branch, else main or master, else None."""
        done = self.git.ask("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
        known = os.fsdecode(done.stdout).strip().removeprefix(f"refs/remotes/{remote}/")
        return known or self.branch() or next(filter(self._has_branch, ("main", "master")), None)

    def _has_branch(self, name: str) -> bool:
        return self.resolve(f"refs/heads/{name}") is not None

    @cached_property
    def _library(self) -> Reader | None:
        """libgit2, loaded when the first question for it comes; None when it is not wanted or refuses."""
        if self._light:
            return None
        from runner.git.library_reader import LibraryReader

        try:
            return LibraryReader(self.git_dir, self.top)
        except GitFailed:
            return None

    def _ask(self, question: Callable[[Reader], T]) -> T:
        if self._library is not None:
            try:
                return question(self._library)
            except GitFailed:
                pass  # git knows more formats, and has the better words for what is wrong
        return question(self._program)
