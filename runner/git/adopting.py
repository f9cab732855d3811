"""A folder of files becomes a work tree: what somebody worked on outlives the clone that it was a work tree of."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from runner.errors import GitFailed, StoreFailed
from runner.git.ground import put
from runner.git.place import NOTE
from runner.git.plot import Plot

_ASIDE = "runner-aside-adopted"


def adopt(plot: Plot, files: Path) -> None:
    """Put the folder `files`, whole, in the place of the work tree's own. Both are below our state, on one disk.

    Whoever is killed in here leaves `files` where it was, or a work tree that has them.

    Raises:
        StoreFailed: it cannot be moved; nothing of it is lost.
        GitFailed: the work tree is not ours any more.
    """
    plot.check_place()
    fresh = files.with_name(f"{files.name}.replaced")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        _lead(files, plot)
        # Until there is a new note, both are known by where they lead.
        (plot.git_dir / NOTE).unlink(missing_ok=True)
        plot.path.rename(fresh)
        files.rename(plot.path)
    except OSError as error:
        raise StoreFailed(
            f"{files} cannot become the work tree {plot.path}: {error.strerror}",
            hint="check the free space and the permissions",
        ) from error
    plot.note_place()
    shutil.rmtree(fresh, ignore_errors=True)


def new_paths(plot: Plot, base: str) -> tuple[str, ...]:
    """Of the last snapshot, the paths that the commit `base` does not have. Raises: GitFailed."""
    options = ("--cached", "--name-only", "--diff-filter=A", "--no-renames", "-z")
    listed = plot.git.run("diff-index", *options, base, "--").split(b"\0")
    return tuple(os.fsdecode(name) for name in listed if name)


def _lead(files: Path, plot: Plot) -> None:
    link = files / ".git"
    if link.is_symlink():
        raise GitFailed(f"{link} leads elsewhere", hint="look at what it is, and remove it")
    if link.is_dir():
        link.rename(plot.git_dir / _ASIDE)
    put(link, b"gitdir: " + os.fsencode(plot.git_dir) + b"\n")
