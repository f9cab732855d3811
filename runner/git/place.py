"""Which folder a work tree is: whoever finds another one at its path, or a link, writes and removes nothing there."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed

NOTE = "runner-place"
_ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FolderId:
    """What the disk calls a folder, whatever its path."""

    device: int
    inode: int

    def note(self) -> bytes:
        # A disk may get another device number when the machine starts again, so that is not worth noting.
        return f"{self.inode}\n".encode()


def straight(path: Path) -> Path:
    """The path without links, except that it may be one itself."""
    return path.parent.resolve() / path.name


def folder_at(path: Path, *, state: Path) -> FolderId | None:
    """The folder at `path`, None if nothing is there. Below `state`, which is ours, no link is followed.

    Raises: GitFailed (a link or a file is in the way).
    """
    top, *names = _steps(path, state)
    try:
        found = _walk(top, names)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise replaced(path) from error
    if not stat.S_ISDIR(found.st_mode):
        raise replaced(path)
    return FolderId(found.st_dev, found.st_ino)


def replaced(path: Path) -> GitFailed:
    return GitFailed(
        f"the work tree {path} was replaced by something else while the run worked",
        hint="nothing was changed or removed there: look at what it is, and move it away",
    )


def is_as_noted(found: FolderId, git_dir: Path) -> bool | None:
    """Whether it is the folder that the note in the clone speaks of; None without a note."""
    noted = git_dir / NOTE
    if noted.is_symlink() or not noted.is_file():
        return None
    return noted.read_bytes() == found.note()


def leads_to(path: Path, clone: Path) -> bool:
    """Whether the folder says itself that it is a work tree of the clone."""
    link = path / ".git"
    if link.is_symlink() or not link.is_file():
        return False
    return link.read_text(errors="replace").startswith(f"gitdir: {clone}/worktrees/")


def _steps(path: Path, state: Path) -> tuple[str, ...]:
    """The folder to begin at, which may be behind links, and the names from there on."""
    for above in path.parents:
        if above.exists() and above.samefile(state):
            return str(above), *path.relative_to(above).parts
    return str(path.parent), path.name


def _walk(top: str, names: list[str]) -> os.stat_result:
    here = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names[:-1]:
            below = os.open(name, _ENTER, dir_fd=here)
            os.close(here)
            here = below
        return os.stat(names[-1], dir_fd=here, follow_symlinks=False)
    finally:
        os.close(here)
