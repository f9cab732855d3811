"""The files of a tree that git reads as rules: a pipe or a device by such a name would keep git waiting for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runner.errors import GitFailed
from runner.process.stop import Stop

NAMES = frozenset({".gitignore", ".gitattributes", ".gitmodules"})


def check_rule_files(tree: Path, stop: Stop | None = None) -> None:
    """That git can read the rules of the work tree to their end.

    Raises:
        GitFailed: one is a pipe or a device, or leads out of the tree.
        Stopped: `stop` was set.
    """
    top = tree.resolve()
    for path in _rule_files(tree, stop):
        if problem := _problem(path, top):
            raise GitFailed(
                f"{path.relative_to(tree)} {problem}, so git cannot read its rules",
                hint=f"make it a plain file, or remove it: {path}",
            )


def _problem(path: Path, top: Path) -> str:
    """What is wrong with one; empty for nothing. What leads nowhere, and a folder, git passes over."""
    try:
        mode = path.stat().st_mode
        leads_out = path.is_symlink() and not path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):
        return ""
    if stat.S_ISDIR(mode):
        return ""
    if not stat.S_ISREG(mode):
        return "is not a file but a pipe, a socket or a device"
    return "is a link that leads out of the work tree" if leads_out else ""


def _rule_files(tree: Path, stop: Stop | None) -> Iterator[Path]:
    for below, folders, names in os.walk(tree):
        if stop is not None:
            stop.check()
        # Links to folders are listed here too, and not entered; the inside of a repository is no tree.
        yield from (Path(below) / name for name in NAMES.intersection((*folders, *names)))
        folders[:] = [name for name in folders if name != ".git"]
