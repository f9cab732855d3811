"""The private clone: one bare repository of ours for each of the developer's, and its work trees.

Work happens in the clone's work trees, so the developer's HEAD, index, files, refs, stash and settings stay untouched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed, UsageProblem
from runner.git.base import resolve_base
from runner.git.belonging import note_use
from runner.git.carried import carry, list_entries, wants_sparse
from runner.git.collection import GRACE_S, collect_objects
from runner.git.creation import clone_name, copy_large_files, make_clone
from runner.git.damage import bring_over_rescued, set_aside_if_damaged, suspect
from runner.git.frame import mend_frame
from runner.git.ground import LOCK_S, Ground, lock_file, put
from runner.git.lock import locked
from runner.git.model import Base
from runner.git.names import check_ref_name, in_the_way, ref_name_problem
from runner.git.place import folder_at, leads_to, straight
from runner.git.plot import Plot, all_registered, find_plot, no_work_tree, registered
from runner.git.program import Git, Reach
from runner.git.repository import Repository
from runner.git.snapshot import start_index
from runner.git.submodules import fill_submodules
from runner.git.work_tree import WorkTree
from runner.paths import private_folder
from runner.process.stop import Stop

CHECKOUT_S = 900.0
"""A big tree, or one whose files a filter fetches from somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateClone:
    """The clone of one checkout's repository. Several processes may use it at once: they take turns."""

    ground: Ground

    @property
    def path(self) -> Path:
        return self.ground.path

    @classmethod
    def ensure(
        cls,
        checkout: Repository,
        clones: Path,
        *,
        used: bool = True,
        shown_to_hooks: tuple[str, ...] = (),
        stop: Stop | None = None,
    ) -> PrivateClone:
        """The clone in the folder `clones`, made if it is missing, with the settings that hold in the checkout now.

        `used` notes that somebody works with it; house-keeping does not. `shown_to_hooks` are more variables of the
        environment that the developer's hooks may see.

        Raises:
            GitFailed: it cannot be made.
            Busy, Stopped: another run is changing it, for too long or until `stop` was set.
        """
        checkout = checkout.lightly()
        developer = list_entries(checkout.git)
        path = clones.resolve() / clone_name(checkout.common_dir, sparse=wants_sparse(developer))
        with locked(lock_file(path), timeout_s=LOCK_S, stop=stop):
            mend_frame(path, checkout.source)
            anew = set_aside_if_damaged(checkout, path, stop)
            in_clone = make_clone(checkout, developer, path, stop)
            if anew:
                bring_over_rescued(checkout, path)
            copy_large_files(checkout.common_dir, path)
            ground = Ground(
                path=path,
                checkout=checkout,
                carried=carry(checkout, developer, in_clone),
                shown_to_hooks=shown_to_hooks,
            )
            ground.restore()
            if used:
                note_use(path, checkout)
        return cls(ground=ground)

    def resolve_base(
        self, name: str | None = None, *, remote: str | None = None, stop: Stop | None = None
    ) -> Base:
        """Bring the clone up to date with the checkout and its remote, and say where a new branch starts.

        `name` is the base branch, by default the remote's default branch or, without a remote, the current one. With
        no network it is what was last seen of the remote; `Base.note` says so.

        Raises:
            UsageProblem: the repository is empty, or there is no such branch; the hint lists those that are.
            GitFailed: the remote cannot be reached and nothing is known of the branch.
        """
        with self.ground.lock(stop), self._suspected():
            return resolve_base(self.ground, name, remote, stop)

    def add_work_tree(self, path: Path, branch: str, base: Base, *, stop: Stop | None = None) -> WorkTree:
        """Check out a new `branch` at `base` into `path`; what an earlier try left there is removed first.

        Raises:
            UsageProblem: `branch` is not a name for a branch, or `path` holds something of the developer's.
            GitFailed: git could not; nothing is left then.
        """
        check_ref_name(branch)
        with self.ground.lock(stop), self._suspected():
            self._clear(path)
            path = straight(path)
            try:
                plot = self._plant(path, branch, base, stop)
            except BaseException:
                self._clear(path)
                self._drop([branch])
                raise
        return WorkTree(plot=plot, branch=branch, note=fill_submodules(plot, stop))

    def work_tree(self, path: Path) -> WorkTree:
        """The work tree that was added at `path` earlier. Raises: GitFailed (there is none)."""
        plot = find_plot(self.ground, path)
        if not plot.index.is_file():
            raise no_work_tree(path)
        return WorkTree(plot=plot, branch=plot.branch)

    def is_unreplaced(self, path: Path) -> bool:
        """Whether the folder at `path` is still the work tree that was made there, so that it may be moved."""
        try:
            found = folder_at(path.absolute(), state=self.ground.state)
            known = registered(self.ground, path)
            if known is not None:
                Plot(ground=self.ground, path=straight(path), git_dir=known).check_place()
        except GitFailed:
            return False
        seen = self.ground.places.get(straight(path))
        return found is not None and (
            found == seen if seen else known is not None or leads_to(path, self.path)
        )

    def work_tree_paths(self) -> tuple[Path, ...]:
        """Where this clone has work trees, also half-made or forgotten ones."""
        return tuple(path for path, _ in all_registered(self.ground))

    def remove_work_tree(
        self,
        path: Path,
        *,
        keep_branch: bool = False,
        unless: Callable[[], str] = lambda: "",
        stop: Stop | None = None,
    ) -> str:
        """Remove a work tree, whole or half there, and its branch. Nothing there is no error.

        `unless` is asked while nobody else can add or remove one; what it answers is returned, and if that is not
        empty, nothing was removed.

        Raises:
            UsageProblem: `path` holds something of the developer's.
            GitFailed: it cannot be removed.
        """
        with self.ground.lock(stop):
            objection = unless()
            if not objection:
                self._clear(path, keep_branch=keep_branch)
        return objection

    def collect(self, *, grace_s: float = GRACE_S, stop: Stop | None = None) -> int:
        """Remove objects older than `grace_s` seconds that nothing needs; returns how many bytes that freed.

        Branches, rescued work and what is kept of the checkout stay, and so does what a work tree was last seen as.

        Raises:
            GitFailed: the clone is damaged, or the disk is full.
            Busy, Stopped: another run is changing it, for too long or until `stop` was set.
        """
        with self.ground.lock(stop):
            return collect_objects(self.ground, grace_s, stop)

    def suspect(self, error: GitFailed) -> None:
        """Have the clone looked through before its next use, if that is what git stumbled over."""
        suspect(self.path, error)

    @contextmanager
    def _suspected(self) -> Iterator[None]:
        try:
            yield
        except GitFailed as error:
            self.suspect(error)
            raise

    def _plant(self, path: Path, branch: str, base: Base, stop: Stop | None) -> Plot:
        private_folder(path.parent)
        sparse = ("--no-checkout",) if self.ground.carried.sparse else ()
        self._make_room(branch)
        # Detached at first: git would refuse a branch that a forgotten work tree of an earlier run still has.
        command = ("worktree", "add", "--quiet", "--force", "--detach", *sparse)
        self._fill(self.ground.git, *command, "--", str(path), base.commit_id, stop=stop)
        plot = find_plot(self.ground, path)
        plot.note_place()
        put(plot.branch_file, branch.encode())
        plot.stand_on(base.commit_id)
        if sparse:
            plot.reclaim()
            self._fill(self.ground.git_in(path), "read-tree", "-m", "-u", "HEAD", stop=stop)
        start_index(plot)
        return plot

    def _make_room(self, branch: str) -> None:
        """Remove branches whose names cannot stand beside this one: an agent that made itself a branch `fix`, say."""
        top = branch.split("/", 1)[0]
        listed = self.ground.git.text("for-each-ref", "--format=%(refname:lstrip=2)", f"refs/heads/{top}")
        self._drop([name for name in listed.splitlines() if in_the_way(name, branch)])

    def _fill(self, git: Git, *command: str, stop: Stop | None) -> None:
        # Filters and partial clones may have to get content from the remote.
        doing = "cannot make the work tree"
        git.run(*command, reach=Reach.REMOTE, timeout_s=CHECKOUT_S, stop=stop, doing=doing)

    def _clear(self, path: Path, *, keep_branch: bool = False) -> None:
        """Remove what is at `path`, files first: what is left when we are killed can be told to be ours."""
        known = registered(self.ground, path)
        if known is None and _is_strange(path, self.path):
            raise UsageProblem(
                f"{path} is not one of our work trees", hint="move it away, or choose another folder"
            )
        folder_at(path.absolute(), state=self.ground.state)
        path = straight(path)
        if known is None:
            remove_folder(path)
        else:
            plot = Plot(ground=self.ground, path=path, git_dir=known)
            plot.check_place()
            branch = plot.branch
            remove_folder(path)
            self._drop([] if keep_branch else [branch])
            remove_folder(known)
        self.ground.places.pop(path, None)

    def _drop(self, branches: list[str]) -> None:
        # A name may have been read from a file that an agent can reach.
        orders = "".join(
            f"delete refs/heads/{branch}\n" for branch in branches if not ref_name_problem(branch)
        )
        if orders:
            self.ground.git.run("update-ref", "--stdin", input_bytes=orders.encode())


def _is_strange(path: Path, clone: Path) -> bool:
    """Whether there is anything that no work tree of this clone, present or past, has left."""
    if not os.path.lexists(path):
        return False
    if path.is_symlink() or not path.is_dir():
        return True
    return any(path.iterdir()) and not leads_to(path, clone)


def remove_folder(path: Path) -> None:
    """Remove a folder and all in it, also what was made read-only. Raises: GitFailed (it is still there)."""
    if path.is_symlink():
        raise GitFailed(f"{path} is a link", hint="look where it leads, and remove it by hand")
    shutil.rmtree(path, ignore_errors=True)
    if not path.exists():
        return
    for folder, _, _ in os.walk(path):
        # Some package caches take the right to write from their own folders.
        Path(folder).chmod(0o700)
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise GitFailed(f"cannot remove {path}: {error.strerror}", hint="remove it by hand") from error
