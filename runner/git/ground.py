"""The ground that work trees stand on: the private bare clone on disk, and git called in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.git.bending import check_parts, straighten
from runner.git.carried import Carried
from runner.git.config import Pair
from runner.git.lock import locked
from runner.git.place import FolderId
from runner.git.program import Git
from runner.git.repository import Repository
from runner.process.confinement import Confinement
from runner.process.stop import Stop

LOCK_S = 600.0
"""Longer than any step that is done under the lock should take."""

NO_HOOKS = "/dev/null"

_OVERRULED = (
    *(("core.safecrlf", "false"), ("worktree.useRelativePaths", "false")),
    ("core.commitGraph", "false"),
)
"""What would make an error of a harmless change, what would ask for another layout than ours, and what an agent could
write to tell us of other parents than a commit has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One private clone, and the checkout that it belongs to."""

    path: Path
    checkout: Repository
    carried: Carried
    shown_to_hooks: tuple[str, ...] = ()
    """More variables that hooks may see, by name or as PREFIX_*; what checks may see, they do."""
    confine_hooks: Callable[[], Confinement] | None = field(default=None, compare=False, repr=False)
    """Finds the way in which hooks run without network, proved to work, or raises; None: they may have it."""
    places: dict[Path, FolderId] = field(default_factory=dict, compare=False, repr=False)
    """The folders of work trees as this process saw them first: an agent cannot reach that, unlike our notes."""

    @property
    def state(self) -> Path:
        """The folder that clones and work trees are in; all below is ours, and no link."""
        return self.path.parent.parent

    @property
    def git(self) -> Git:
        """git in the clone itself. No hooks."""
        git = Git(folder=self.path, source=self.checkout.source, variables=(("GIT_DIR", str(self.path)),))
        return git.with_settings(self._settings(NO_HOOKS))

    def git_in(self, work_tree: Path, *, hooks: Path | None = None) -> Git:
        """git in a work tree, without hooks, or with those in a folder; the developer's: `hooks.git_with_hooks`."""
        git = Git(folder=work_tree, source=self.checkout.source)
        return git.with_settings(self._settings(str(hooks) if hooks else NO_HOOKS))

    def _settings(self, hooks: str) -> tuple[Pair, ...]:
        return (*self.carried.delivery, ("core.hooksPath", hooks), *_OVERRULED)

    @contextmanager
    def lock(self, stop: Stop | None = None) -> Iterator[None]:
        """One run at a time changes the clone's work trees and refs; its settings are right. Raises: Busy, Stopped."""
        with locked(lock_file(self.path), timeout_s=LOCK_S, stop=stop):
            self.restore()
            yield

    def restore(self) -> None:
        """Put the clone right: an agent's git may have changed settings, which can name programs, and bent history.

        Raises: GitFailed (a part of it leads elsewhere; nothing was written).
        """
        check_parts(self.path)
        put(self.path / "config", self.carried.config)
        for name, content in self.carried.info:
            put(self.path / "info" / name, content)
        if self.carried.sparse is not None:
            put(self.path / "config.worktree", b"[core]\n\tbare = true\n")
        straighten(self.path, self.git, self.checkout.common_dir)


def lock_file(clone: Path) -> Path:
    return clone.with_suffix(".lock")


def put(path: Path, content: bytes) -> None:
    """Give a small file this content, at once or not at all; one that has it is not touched."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name that nobody can have taken, and no link that leads elsewhere is followed.
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    new.touch(mode=0o600, exist_ok=False)
    new.write_bytes(content)
    new.replace(path)
