"""The files of a tree that git reads as rules: a pipe or a device by such a name would keep git waiting for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from runner.errors import GitFailed
from runner.git.plot import Plot
from runner.process.stop import Stop

NAMES = frozenset({".gitignore", ".gitattributes", ".gitmodules"})


class RulesUnreadable(GitFailed):
    """One of these files is nothing that git could read to its end; `name` is its path in the work tree."""

    def __init__(self, path: Path, tree: Path, problem: str) -> None:
        self.name = _shown(path.relative_to(tree))
        super().__init__(
            f"{self.name} {problem}, so git cannot read its rules",
            hint=f"make it a plain file, or remove it: {tree / self.name}",
        )


def check_rule_files(tree: Path, stop: Stop | None = None) -> None:
    """That git can read the rules of the work tree to their end.

    Raises:
        RulesUnreadable: one is a pipe or a device, or leads out of the tree.
        Stopped: `stop` was set.
    """
    for path, problem in _unreadable(tree, stop):
        raise RulesUnreadable(path, tree, problem)


def take_out_unreadable(plot: Plot) -> tuple[str, ...]:
    """Remove every such file, and put back what was there when the work tree was looked at last; returns the paths.

    Nothing is lost: none of them has any content. What a link led to is left alone.

    Raises:
        RulesUnreadable: what was there is no better; it is there again.
        GitFailed, OSError: one cannot be removed.
    """
    plot.reclaim()
    found = [path.relative_to(plot.path) for path, _ in _unreadable(plot.path, None)]
    for name in found:
        (plot.path / name).unlink()
    for name in found:
        # Not all of them were there before.
        plot.git.ask("checkout-index", "--force", "--quiet", "--", str(name))
    check_rule_files(plot.path)
    return tuple(map(_shown, found))


def _unreadable(tree: Path, stop: Stop | None) -> Iterator[tuple[Path, str]]:
    """Each with what is wrong with it."""
    top = tree.resolve()
    for path in _rule_files(tree, stop):
        if problem := _problem(path, top):
            yield path, problem


def _problem(path: Path, top: Path) -> str:
    """What is wrong with one; empty for nothing. What leads nowhere, and a folder, git passes over."""
    try:
        mode = path.stat().st_mode
        leads_to = path.readlink() if path.is_symlink() and not path.resolve().is_relative_to(top) else None
    except (OSError, RuntimeError):
        return ""
    if stat.S_ISDIR(mode):
        return ""
    if not stat.S_ISREG(mode):
        return "is not a file but a pipe, a socket or a device"
    return f"is a link that leads out of the work tree, to {_shown(leads_to)}" if leads_to else ""


def _shown(path: Path) -> str:
    """The path as text that can be written anywhere, whatever bytes it has."""
    return os.fsencode(path).decode(errors="replace")


def _rule_files(tree: Path, stop: Stop | None) -> Iterator[Path]:
    for below, folders, names in os.walk(tree):
        if stop is not None:
            stop.check()
        # Links to folders are listed here too, and not entered; the inside of a repository is no tree.
        yield from (Path(below) / name for name in NAMES.intersection((*folders, *names)))
        folders[:] = [name for name in folders if name != ".git"]
