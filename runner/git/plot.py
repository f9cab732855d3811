"""One work tree on its ground: where its parts are, and how they are put right after somebody else's git."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed
from runner.git.ground import Ground, put
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
    def git(self) -> Git:
        """git on this work tree with our index and without hooks."""
        return self.ground.git_in(self.path).with_index(self.index)

    def reclaim(self) -> None:
        """Make sure that git in this folder means this work tree of this clone, with the settings we gave it."""
        link = self.path / ".git"
        if link.is_dir() and not link.is_symlink():
            # The agent made a repository of its own here. Its files stay, its history is not ours to keep.
            shutil.rmtree(link)
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

    def forget_half_done(self) -> None:
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
        raise GitFailed(f"there is no work tree at {path}", hint="start the task afresh: runner requeue TASK")
    return Plot(ground=ground, path=path.resolve(), git_dir=found)


def registered(ground: Ground, path: Path) -> Path | None:
    """The folder in the clone that belongs to the work tree at `path`; None if there is none."""
    wanted = path.resolve() / ".git"
    for entry in sorted((ground.path / "worktrees").glob("*/gitdir")):
        # Another run may be removing its own at this moment.
        with suppress(FileNotFoundError):
            if Path(os.fsdecode(entry.read_bytes()).removesuffix("\n")) == wanted:
                return entry.parent
    return None
