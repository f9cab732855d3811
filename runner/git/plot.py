"""One work tree on its ground: where its parts are, and how they are put right after somebody else's git."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed
from runner.git.bending import check_parts
from runner.git.ground import Ground, put
from runner.git.place import NOTE, folder_at, is_as_noted, leads_to, replaced, straight
from runner.git.program import Git

_HALF_DONE = (
    *("MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "MERGE_RR", "AUTO_MERGE", "SQUASH_MSG"),
    *("CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "ORIG_HEAD", "index.lock", "HEAD.lock"),
    *("rebase-merge", "rebase-apply", "sequencer"),
)
"""What a merge, a rebase or a killed git leaves, and what would change the meaning of a commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A work tree's folder and its part of the private clone."""

    ground: Ground
    path: Path
    """Without links, as git writes it down."""
    git_dir: Path
    """`worktrees/<id>` in the clone."""

    @property
    def index(self) -> Path:
        """Our own index: the agent's git never sees it, so neither its flags nor its half-done merges are in it."""
        return self.git_dir / "runner-index"

    @property
    def commit_file(self) -> Path:
        """Where the id of our commit is noted: a run that should have stopped may move the branch in the clone."""
        return self.git_dir / "runner-commit"

    @property
    def brought_file(self) -> Path:
        """What was in the files before the work began, besides the base; nobody made it, so nobody commits it."""
        return self.git_dir / "runner-brought"

    @property
    def branch_file(self) -> Path:
        return self.git_dir / "runner-branch"

    @property
    def branch(self) -> str:
        """Our branch, wherever HEAD may be by now; empty when the work tree was not finished."""
        return self.branch_file.read_text() if self.branch_file.is_file() else ""

    @property
    def git(self) -> Git:
        """git on this work tree with our index and without hooks."""
        return self.ground.git_in(self.path).with_index(self.index)

    def reclaim(self) -> None:
        """Make sure that git in this folder means this work tree of this clone, with the settings we gave it."""
        check_parts(self.ground.path)
        self.check_place()
        link = self.path / ".git"
        if link.is_dir() and not link.is_symlink():
            self._put_aside(link)
        self._tidy()
        put(link, b"gitdir: " + os.fsencode(self.git_dir) + b"\n")
        put(self.git_dir / "commondir", b"../..\n")
        put(self.git_dir / "gitdir", os.fsencode(link) + b"\n")
        self.ground.restore()
        if (sparse := self.ground.carried.sparse) is not None:
            cone = "true" if sparse.cone else "false"
            text = f"[core]\n\tsparseCheckout = true\n\tsparseCheckoutCone = {cone}\n"
            put(self.git_dir / "config.worktree", text.encode())
            put(self.git_dir / "info" / "sparse-checkout", sparse.patterns)
        self.index.with_name(f"{self.index.name}.lock").unlink(missing_ok=True)

    def check_place(self) -> None:
        """That the folder is the one we made, reached without links. Raises: GitFailed (something else is there)."""
        found = folder_at(self.path, state=self.ground.state)
        if found is None:
            return
        if (known := self.ground.places.get(self.path)) is not None:
            same = found == known
        elif (as_noted := is_as_noted(found, self.git_dir)) is not None:
            same = as_noted
        else:  # from before there were notes, or not finished
            same = leads_to(self.path, self.ground.path) or not any(self.path.iterdir())
        if not same:
            raise replaced(self.path)
        self.ground.places[self.path] = found

    def note_place(self) -> None:
        """Remember the folder that git has just made. Raises: GitFailed (there is none)."""
        found = folder_at(self.path, state=self.ground.state)
        if found is None:
            raise no_work_tree(self.path)
        self.ground.places[self.path] = found
        put(self.git_dir / NOTE, found.note())

    def _put_aside(self, repository: Path) -> None:
        """The agent made a repository of its own here. Its files stay; its history goes when the work tree goes."""
        try:
            repository.rename(self.git_dir / f"runner-aside-{secrets.token_hex(4)}")
        except OSError as error:
            raise GitFailed(
                f"{repository} is a repository of somebody else: {error.strerror}", hint="move it away"
            ) from error

    def _tidy(self) -> None:
        """Remove links and pipes from our part of the clone: git would write through the one and wait at the other."""
        for entry in os.scandir(self.git_dir) if self.git_dir.is_dir() else ():
            mode = entry.stat(follow_symlinks=False).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                Path(entry.path).unlink()
        if self.branch and not (self.git_dir / "HEAD").exists():
            put(self.git_dir / "HEAD", f"ref: refs/heads/{self.branch}\n".encode())

    def stand_on(self, commit_id: str) -> None:
        """Our branch at a commit and HEAD on our branch, whatever somebody was in the middle of; no file is touched."""
        self._forget_half_done()
        ref = f"refs/heads/{self.branch}"
        git = self.ground.git_in(self.path)
        git.run("update-ref", "--no-deref", ref, commit_id)
        git.run("symbolic-ref", "HEAD", ref)

    def _forget_half_done(self) -> None:
        """End whatever merge or rebase somebody was in, without touching a file of the work tree."""
        for name in _HALF_DONE:
            leftover = self.git_dir / name
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink(missing_ok=True)


def find_plot(ground: Ground, path: Path) -> Plot:
    """The plot of an existing work tree. Raises: GitFailed (the clone knows none there)."""
    found = registered(ground, path)
    if found is None:
        raise no_work_tree(path)
    folder_at(path.absolute(), state=ground.state)
    return Plot(ground=ground, path=straight(path), git_dir=found)


def no_work_tree(path: Path) -> GitFailed:
    return GitFailed(f"there is no whole work tree at {path}", hint="requeue the task: it starts afresh then")


def registered(ground: Ground, path: Path) -> Path | None:
    """The folder in the clone that belongs to the work tree at `path`; None if there is none."""
    wanted = straight(path)
    return next((folder for found, folder in all_registered(ground) if found == wanted), None)


def all_registered(ground: Ground) -> Iterator[tuple[Path, Path]]:
    """Every work tree that the clone knows, there or not, and its folder in the clone."""
    return registered_in(ground.path)


def registered_in(clone: Path) -> Iterator[tuple[Path, Path]]:
    """The same for the clone at a path, whose settings need not be known; an agent may have written other paths."""
    for entry in sorted((clone / "worktrees").glob("*/gitdir")):
        # Another run may be removing its own at this moment.
        with suppress(FileNotFoundError):
            if entry.is_symlink() or entry.parent.is_symlink() or not entry.is_file():
                continue
            link = Path(os.fsdecode(entry.read_bytes()).removesuffix("\n"))
            yield link.parent, entry.parent
