"""A work tree of the private clone: what changed in it, and the way of that change to a branch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed
from runner.git.commit import commit_work
from runner.git.deliver import deliver_branch
from runner.git.hooks import git_with_hooks
from runner.git.model import Snapshot
from runner.git.plot import Plot
from runner.git.program import HOOKS_S
from runner.git.push import push_commit, remote_tip
from runner.git.rebase import Rebased, rebase_commit
from runner.git.repository import Repository
from runner.git.snapshot import begun_as, changed_links, note_brought, patch_of, take_snapshot, to_commit
from runner.process.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """An isolated checkout for one task.

    Whatever was done to it with git does not matter: it is always its files that are compared with the base. Every
    method may raise `GitFailed`, `ChildTimedOut` and, if it is given a `stop`, `Stopped`.
    """

    plot: Plot
    branch: str
    note: str = ""
    """One line for people about what could not be prepared; empty when all was."""

    @property
    def path(self) -> Path:
        return self.plot.path

    def snapshot(self, base: str, *, stop: Stop | None = None) -> Snapshot:
        """The tree of what would be committed, and the paths that differ from the commit `base`."""
        return take_snapshot(self.plot, base, stop)

    def begin_here(self, base: str, *, stop: Stop | None = None) -> tuple[str, ...]:
        """What differs from `base` now is no part of the change, as long as nobody changes it again; returns the paths.

        Files that were copied, and what set-up and checks wrote: all that git does not ignore.
        """
        return note_brought(self.plot, base, stop)

    def changes(self, base: str) -> tuple[str, ...]:
        """Paths that differ from `base`: new, changed and deleted ones; ignored files do not count."""
        return self.snapshot(base).changes

    def tree_id(self, base: str) -> str:
        """The id of the tree of all files that are not ignored; `to_commit` tells what a commit has of it."""
        return self.snapshot(base).tree_id

    def begun_as(self, base: str) -> str:
        """The tree of the files when the work began here: that of `base`, if nothing was brought."""
        return begun_as(self.plot, base)

    def to_commit(self, base: str, tree_id: str) -> str:
        """A tree of the files as a commit on `base` has it: without what was brought."""
        return to_commit(self.plot, base, tree_id)

    def knows(self, tree_id: str) -> bool:
        """Whether this git tree is among the objects."""
        return self.plot.ground.git.ask("cat-file", "-e", f"{tree_id}^{{tree}}").exit_code == 0

    def patch(self, base: str) -> bytes:
        """All changes since the work began on `base`, as a binary patch that `apply` takes; empty for none."""
        self.snapshot(base)
        return patch_of(self.plot, self.begun_as(base))

    def new_links(self, base: str) -> dict[str, str]:
        """Symbolic links that are new since `base` or lead elsewhere now: path to target."""
        self.snapshot(base)
        return changed_links(self.plot, base)

    def apply(self, patch: bytes) -> None:
        """Make the changes of a patch in the files. Raises: GitFailed (it does not fit; then nothing was changed)."""
        if patch:
            self.plot.reclaim()
            git = self.plot.ground.git_in(self.path)
            git.run("apply", "--whitespace=nowarn", "-", input_bytes=patch, doing="the patch does not fit")

    def commit(
        self,
        base: str,
        message: str,
        *,
        sign_off: bool = False,
        timeout_s: float = HOOKS_S,
        stop: Stop | None = None,
    ) -> str:
        """Make our branch exactly one commit on `base`, with everything that changed; returns its id.

        The developer's identity, signature and hooks are used. An agent's own commits are collapsed into it. Doing it
        again gives another commit on the same base.

        Raises:
            RunnerError: nothing has changed.
            GitFailed: a hook refused, also a second time with the files that it rewrote; no identity; no signature.
        """
        return commit_work(self.plot, base, message, sign_off=sign_off, timeout_s=timeout_s, stop=stop)

    def rebase_once(
        self,
        new_base: str,
        message: str,
        *,
        sign_off: bool = False,
        timeout_s: float = HOOKS_S,
        stop: Stop | None = None,
    ) -> Rebased:
        """Put our commit on the commit `new_base`, which the clone has, with hooks and signature.

        A conflict, and a base that has the change already, are answers; everything is as before then. What the checks
        said holds for the old tree only.

        Raises:
            GitFailed: there is no commit of ours, or a hook refused; everything is as before.
        """
        commit_id = self._to_deliver()
        return rebase_commit(
            self.plot, commit_id, new_base, message, sign_off=sign_off, timeout_s=timeout_s, stop=stop
        )

    def committed(self) -> str | None:
        """Our commit's id; None before there is one."""
        noted = self.plot.commit_file
        return noted.read_text() if noted.is_file() else None

    def remote_tip(self, branch: str, remote: str, *, stop: Stop | None = None) -> str | None:
        """Where a branch of the remote is now: what to expect when pushing. None when there is no such branch."""
        self.plot.reclaim()
        return remote_tip(self.plot.ground, branch, remote, stop)

    def push(self, branch: str, expected: str | None, remote: str, *, stop: Stop | None = None) -> None:
        """Make `branch` on the remote what our branch is, if it still is `expected`; None: it must not exist.

        A tip made only of this task's commits by an older claim, or by this very run, is replaced whatever was
        expected. What is there already is no error. Never a plain force.

        Raises:
            BranchMoved: the remote branch has other commits; it was left alone.
            PushFailed: it did not arrive; `fault` says why.
        """
        self.plot.reclaim()
        commit_id = self._to_deliver()
        with git_with_hooks(self.plot) as git:
            push_commit(self.plot.ground, git, commit_id, branch, expected, remote, stop)

    def deliver_local(self, checkout: Repository, branch: str, *, stop: Stop | None = None) -> None:
        """Bring our branch into the developer's repository as one new ref; nothing else there is touched.

        Raises:
            BranchMoved: there is a branch of that name that is not ours to replace, or it is checked out.
        """
        self.plot.reclaim()
        deliver_branch(self.plot.ground, checkout, self._to_deliver(), branch, stop)

    def _to_deliver(self) -> str:
        commit_id = self.committed()
        if commit_id is None:
            raise GitFailed(f"there is no commit of ours for {self.branch}", hint="commit the change first")
        return commit_id
