"""Work trees and private clones that could go, each with what would be lost. Nothing is removed here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.errors import Busy, GitFailed, NotARepository, RunnerError, Stopped
from runner.git.belonging import Belonging, belonging_of
from runner.git.clone import PrivateClone
from runner.git.copies import copy_at
from runner.git.frame import is_bent, mend_frame
from runner.git.ground import lock_file
from runner.git.plot import find_plot, registered_in
from runner.git.repository import Repository
from runner.git.rescue import FOLDER, rescue_hint
from runner.git.unpushed import Branch, beside, clone_alone, locks_of, refs_at_stake, work_at_stake
from runner.git.vault import vault_path
from runner.process.stop import Stop
from runner.runs.disk import age_s, children, is_own_folder, is_run_id, size_bytes
from runner.runs.finding import HALF_MADE_S, Shelves, is_locked
from runner.runs.keeping import Found, Held, Kind, why_clone_could_go, why_tree_stays
from runner.runs.overview import Overview
from runner.visible import visible

REPLAY = "replay"
"""The folder of work trees that replays make; what they hold is in the record of their run."""


@dataclass
class Grounds:
    """The private clones and their work trees as they are now."""

    shelves: Shelves
    source: Mapping[str, str]
    """The environment for git."""
    stop: Stop

    @cached_property
    def clones(self) -> tuple[Path, ...]:
        below = children(self.shelves.paths.clones)
        for path in below:
            _mend(path, self.source)
        return tuple(path.resolve() for path in below if _is_clone(path))

    @cached_property
    def registered(self) -> Mapping[Path, Path]:
        """Work tree to its clone, for all that are, or should be, in our folder; an agent may have written others."""
        if not is_own_folder(self.shelves.paths.worktrees):
            return {}
        top = self.shelves.paths.worktrees.resolve()
        return {
            tree: clone
            for clone in self.clones
            for tree, _ in registered_in(clone)
            if tree.parent.parent == top and not tree.is_symlink() and tree.parent.resolve() == tree.parent
        }

    def found_trees(self) -> Iterator[Found]:
        """Work trees, whole or forgotten; a run that came to its end has removed its own."""
        for tree in sorted({*self.registered, *self._trees_on_disk()}):
            self.stop.check()
            clone = self.registered.get(tree)
            if clone is None:
                yield from self._unregistered(tree)
            else:
                replay = tree.parent.name == REPLAY
                yield Found(
                    kind=Kind.WORK_TREE,
                    name=f"{tree.parent.name}/{tree.name}",
                    path=tree,
                    size_bytes=size_bytes(tree),
                    past="a replay that was broken off" if replay else "no run is at work in it",
                    stays=self.why_tree_stays(tree, clone),
                )

    def why_tree_stays(self, tree: Path, clone: Path) -> str:
        """Why a work tree is kept; empty when it may go."""
        if tree.parent.name == REPLAY:
            young = age_s(tree, self.shelves.now_s) <= HALF_MADE_S and tree.exists()
            return "its replay may be at work" if young else ""
        runs = self.runs_in(tree)
        by_run = why_tree_stays(runs, "")
        if by_run:
            return by_run
        try:
            private = self.private(clone)
            with clone_alone(clone):
                return self.at_stake(private, tree, runs)
        except Stopped:
            raise
        except Busy as busy:
            return str(busy)
        except (RunnerError, OSError) as error:
            return f"nobody can tell what is new in it: {error}"

    def at_stake(self, clone: PrivateClone, tree: Path, runs: tuple[Overview, ...]) -> str:
        """What would be lost; the caller keeps everybody else out of the clone. Raises: GitFailed."""
        base = next((run.base_commit for run in runs if run.base_commit), "")
        delivered = {commit for run in runs if run.delivered for commit in run.commits}
        return work_at_stake(find_plot(clone.ground, tree), base=base, delivered=delivered)

    def runs_in(self, tree: Path) -> tuple[Overview, ...]:
        """The runs that used this work tree, newest first."""
        return tuple(run for run in self.shelves.runs if _is_at(run.work_tree, tree))

    def open_runs_in(self, tree: Path) -> tuple[Overview, ...]:
        """Asked again right before the removal: a run may have begun since."""
        return tuple(run for run in self.shelves.open_runs() if _is_at(run.work_tree, tree))

    def private(self, clone: Path) -> PrivateClone:
        """The clone as its checkout works with it; nobody is waited for.

        Raises:
            Busy: another process is at work on it.
            RunnerError: it cannot be had, or is not theirs.
        """
        belonging = belonging_of(clone)
        if belonging is None:
            raise GitFailed(f"nothing says whose clone {clone} is")
        if belonging.is_gone:
            raise GitFailed(f"its repository {belonging.common_dir} is gone")
        if is_locked(lock_file(clone)):
            raise Busy("another process is at work on its clone")
        # A clone that git cannot read would be made anew; here nothing may be lost.
        refs_at_stake(clone, None, self.source)
        checkout = self._checkout(belonging)
        if checkout is None:
            raise GitFailed(f"{belonging.checkout} is no checkout of it any more")
        return PrivateClone.ensure(checkout, clone.parent, used=False, stop=self.stop)

    def found_clones(self) -> Iterator[Found]:
        for clone in self.clones:
            self.stop.check()
            past = self.why_clone_could_go(clone)
            if not past:
                yield Found(kind=Kind.CLONE, name=clone.name, path=clone)
                continue
            holds, trouble = self._holds(clone)
            stays = trouble or self.why_clone_stays(clone)
            # Copies in its vault are told of on their own; with the last of them the vault is gone.
            vault = vault_path(clone)
            in_vault = any(held.tree is not None and held.tree.is_relative_to(vault) for held in holds)
            parts = (clone, *(path for path in beside(clone) if not (in_vault and path == vault)))
            size = sum(map(size_bytes, parts))
            yield Found(
                kind=Kind.CLONE,
                name=clone.name,
                path=clone,
                size_bytes=size,
                past=past,
                stays=stays,
                holds=holds,
            )

    def found_halves(self) -> Iterator[Found]:
        """Clones that were never finished: who makes one anew removes them, but that may never happen."""
        for path in children(self.shelves.paths.clones):
            if path.name.startswith(".") and path.name.endswith(".git.new") and is_own_folder(path):
                lock = path.with_name(path.name.removeprefix(".").removesuffix(".git.new") + ".lock")
                old = age_s(path, self.shelves.now_s) > HALF_MADE_S and not is_locked(lock)
                past = "a clone that was broken off" if old else ""
                size = size_bytes(path) if old else 0
                yield Found(kind=Kind.LEFTOVER, name=path.name, path=path, size_bytes=size, past=past)

    def why_clone_could_go(self, clone: Path) -> str:
        belonging = belonging_of(clone)
        unused_s = max(0.0, self.shelves.now_s - _used_at(clone, belonging))
        gone = belonging is not None and belonging.is_gone
        return why_clone_could_go(gone=gone, unused_s=unused_s, bounds=self.shelves.bounds)

    def why_clone_stays(self, clone: Path) -> str:
        """Why it is needed in spite of all; asked when looking, and again right before the removal."""
        if any(map(is_locked, locks_of(clone))):
            return "another process is at work on it"
        waiting = [run.run_id for run in self.shelves.open_runs() if run.clone == str(clone)]
        return f"{waiting[0]} never came to its end" if waiting else ""

    def holds_nothing(self, clone: Path) -> bool:
        """Whether it still has neither a work tree nor a commit that is nowhere else."""
        return self._holds(clone) == ((), "")

    def _holds(self, clone: Path) -> tuple[tuple[Held, ...], str]:
        """What a clone has that is nowhere else; and why nobody can tell, if so."""
        trees = [(tree, folder) for tree, folder in registered_in(clone)]
        branches = {_branch_of(folder): tree for tree, folder in trees}
        held = [Held(what=f"it has the work tree {visible(str(tree))}", tree=tree) for tree, _ in trees]
        try:
            belonging = belonging_of(clone)
            checkout = self._checkout(belonging) if belonging else None
            for ref in refs_at_stake(clone, checkout, self.source):
                tree = branches.get(ref.name.removeprefix("refs/heads/")) or copy_at(clone, ref.name)
                held.append(Held(what=_what_is_held(clone, ref), tree=tree))
        except (RunnerError, OSError) as error:
            return tuple(held), f"it cannot be read: {error}"
        return tuple(held), ""

    def _checkout(self, belonging: Belonging) -> Repository | None:
        """The checkout that used a clone last, else the main one of its repository; None if there is none."""
        for top in (belonging.checkout, belonging.common_dir.parent):
            with suppress(NotARepository):
                checkout = Repository.open(top, source=self.source, light=True)
                if checkout.common_dir == belonging.common_dir:
                    return checkout
        return None

    def _trees_on_disk(self) -> Iterator[Path]:
        top = self.shelves.paths.worktrees
        for stem in children(top):
            yield from (path for path in children(stem.resolve() if is_own_folder(stem) else stem))

    def _unregistered(self, path: Path) -> Iterator[Found]:
        """What lies among the work trees although no clone knows it."""
        if path.name.startswith(".removing-"):
            return
        ours = is_own_folder(path) and _names_a_clone(path, self.shelves.paths.clones.resolve())
        why = "no clone knows it, so nobody can tell what is new in it" if ours else "it is not ours"
        yield Found(kind=Kind.STRANGER, name=path.name, path=path, stays=why)


def _is_clone(path: Path) -> bool:
    named_so = path.name.endswith(".git") and not path.name.startswith(".")
    return named_so and is_own_folder(path) and (path / "HEAD").is_file() and (path / "objects").is_dir()


def _mend(clone: Path, source: Mapping[str, str]) -> None:
    """What is in a clone that git does not know for one can only be told when it does."""
    named_so = clone.name.endswith(".git") and not clone.name.startswith(".")
    with suppress(Busy, RunnerError, OSError):
        if named_so and is_own_folder(clone) and is_bent(clone):
            with clone_alone(clone):
                mend_frame(clone, source)


def _is_at(noted: str, tree: Path) -> bool:
    return bool(noted) and Path(noted).name == tree.name and Path(noted).parent.resolve() == tree.parent


def _used_at(clone: Path, belonging: Belonging | None) -> float:
    if belonging is not None:
        return belonging.used_at
    times = [os.lstat(path).st_mtime for path in (clone, clone / "refs", clone / "objects") if path.exists()]
    return max(times, default=0.0)


def _branch_of(folder: Path) -> str:
    noted = folder / "runner-branch"
    return noted.read_text(errors="replace") if noted.is_file() else ""


def _what_is_held(clone: Path, ref: Branch) -> str:
    run_id = ref.name.removeprefix(f"{FOLDER}/")
    if run_id != ref.name and is_run_id(run_id):
        return f"it keeps work of {run_id}: `{rescue_hint(clone, run_id)}` brings it into your checkout"
    if copy := copy_at(clone, ref.name):
        return f"it keeps a copy of your checkout from {copy.name}"
    name = visible(ref.name.removeprefix("refs/heads/"))
    return f"{name} leads to {ref.commit_id[:10]}, which is nowhere else"


def _names_a_clone(path: Path, clones: Path) -> bool:
    link = path / ".git"
    if not link.is_file() or link.is_symlink():
        return False
    return link.read_text(errors="replace").startswith(f"gitdir: {clones}/")
