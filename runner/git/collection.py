"""Clearing a private clone of objects that nothing needs any more; git never does it by itself there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.git.ground import Ground
from runner.git.names import is_object_id
from runner.git.plot import Plot, all_registered
from runner.git.program import Git
from runner.git.snapshot import brought_tree
from runner.git.vault import vault_git, vault_path
from runner.process.stop import Stop

COLLECT_S = 3600.0
"""For each of the two steps over a big repository, in seconds."""

GRACE_S = 24 * 3600.0
"""What is younger than a day stays, whether anything needs it or not: somebody may be about to."""


def collect_objects(ground: Ground, grace_s: float, stop: Stop | None) -> int:
    """Pack what is needed, remove what is not and older than `grace_s` seconds; returns the bytes freed.

    Needed is what any ref leads to (branches of unfinished runs, rescued work, bases, tags), what a work tree's files
    and commit were last seen as, and what is kept of the developer's checkout. The caller holds the lock.

    Raises:
        GitFailed: the clone is damaged, or the disk is full.
        Stopped: `stop` was set; what was done so far is sound.
    """
    before = _size_bytes(ground.path) + _size_bytes(vault_path(ground.path))
    _forget_tips(ground.git)
    roots = (*_roots_of_work_trees(ground), *_roots_of_vault(ground))
    git = _seeing_vault(ground)
    expiry = f"{grace_s:.0f}.seconds.ago" if grace_s >= 1 else "now"
    # With roots that are no refs, repack could drop what they need: it may only loosen, then `prune` is told of them.
    drop = () if roots else (f"--unpack-unreachable={expiry}",)
    doing = f"cannot collect the objects of {ground.path}"
    git.run("pack-refs", "--all", doing=doing)
    git.run("repack", "-A", "-d", "-l", "-q", *drop, timeout_s=COLLECT_S, stop=stop, doing=doing)
    git.run("prune", f"--expire={expiry}", *roots, timeout_s=COLLECT_S, stop=stop, doing=doing)
    return max(0, before - _size_bytes(ground.path) - _size_bytes(vault_path(ground.path)))


def _forget_tips(git: Git) -> None:
    """Remote tips are only looked at once, before a push."""
    listed = git.run("for-each-ref", "--format=delete %(refname)", "refs/runner/tips")
    git.run("update-ref", "--stdin", input_bytes=listed)


def _roots_of_work_trees(ground: Ground) -> tuple[str, ...]:
    """What our own notes in each work tree point at; git knows nothing of them."""
    found: list[str] = []
    for path, folder in all_registered(ground):
        plot = Plot(ground=ground, path=path, git_dir=folder)
        noted = plot.commit_file.read_text() if plot.commit_file.is_file() else ""
        found += [_tree_of(plot), brought_tree(plot), noted]
    # An agent may have written anything there.
    known = (id_ for id_ in found if is_object_id(id_))
    return tuple(id_ for id_ in known if ground.git.ask("cat-file", "-e", id_).exit_code == 0)


def _tree_of(plot: Plot) -> str:
    """The tree of our index; empty when its objects are gone already: then the files will be read anew."""
    if not plot.index.is_file():
        return ""
    with TemporaryDirectory(prefix="runner-") as folder:
        # A run may be at work on the index itself.
        index = Path(shutil.copy2(plot.index, folder))
        done = plot.ground.git.with_index(index).ask("write-tree")
    return done.stdout.decode().strip()


def _roots_of_vault(ground: Ground) -> tuple[str, ...]:
    if not vault_path(ground.path).is_dir():
        return ()
    return tuple(vault_git(ground).text("for-each-ref", "--format=%(objectname)").split())


def _seeing_vault(ground: Ground) -> Git:
    """git in the clone, able to walk from what is kept of the checkout into the clone's own objects."""
    objects = vault_path(ground.path) / "objects"
    return ground.git.with_variables((("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(objects)),))


def _size_bytes(folder: Path) -> int:
    sizes = 0
    for below, _, names in os.walk(folder / "objects"):
        for name in names:
            try:
                sizes += (Path(below) / name).lstat().st_size
            except FileNotFoundError:
                continue  # somebody's git is at work there too
    return sizes
