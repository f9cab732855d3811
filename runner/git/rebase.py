"""Putting our one commit on a newer base, once; a conflict leaves everything as it was."""

from __future__ import annotations

import os
from dataclasses import dataclass

from runner.errors import GitFailed
from runner.git.commit import commit_work
from runner.git.ground import put
from runner.git.names import is_object_id
from runner.git.plot import Plot
from runner.git.program import Reach, failure
from runner.git.snapshot import ADD_S, take_snapshot
from runner.process.stop import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebased:
    """What came of it."""

    commit_id: str | None
    """Our commit on the new base; None when it could not be put there."""
    conflicts: tuple[str, ...] = ()
    """Paths that both sides changed; the work tree is as it was."""

    @property
    def empty(self) -> bool:
        """The new base has all of our change already."""
        return self.commit_id is None and not self.conflicts


def rebase_commit(
    plot: Plot,
    commit_id: str,
    new_base: str,
    message: str,
    *,
    sign_off: bool,
    timeout_s: float,
    stop: Stop | None,
) -> Rebased:
    """Make our branch `new_base` plus the change of `commit_id`, with the developer's hooks and signature.

    Raises:
        GitFailed: git could not, a hook refused; the work tree and the branch are as they were.
    """
    if not is_object_id(commit_id):
        raise GitFailed(f"{commit_id!r} is not the id of a commit", hint="commit the change first")
    try:
        conflicts = _pick(plot, commit_id, new_base, stop)
        if conflicts:
            _go_back(plot, commit_id)
            return Rebased(commit_id=None, conflicts=conflicts)
        if not take_snapshot(plot, new_base, stop).changes:
            _go_back(plot, commit_id)
            return Rebased(commit_id=None)
        made = commit_work(plot, new_base, message, sign_off=sign_off, timeout_s=timeout_s, stop=stop)
    except BaseException:
        _go_back(plot, commit_id)
        raise
    return Rebased(commit_id=made)


def _pick(plot: Plot, commit_id: str, new_base: str, stop: Stop | None) -> tuple[str, ...]:
    """The files of the new base with our change in them; returns the paths in conflict."""
    _stand_with_files(plot, new_base, stop)
    git = plot.ground.git_in(plot.path)
    command = ("cherry-pick", "--no-commit", "--no-gpg-sign", "--strategy=recursive", commit_id)
    done = git.ask(*command, reach=Reach.COMMITTING, timeout_s=ADD_S, stop=stop)
    if done.exit_code == 0:
        return ()
    listed = git.run("diff", "--name-only", "--diff-filter=U", "-z").split(b"\0")
    conflicts = tuple(os.fsdecode(name) for name in listed if name)
    if not conflicts:
        raise failure(done, "cannot put the change on the newer base")
    return conflicts


def _go_back(plot: Plot, commit_id: str) -> None:
    """All of our change is in the commit, so whatever is in the files beside it is half a merge."""
    _stand_with_files(plot, commit_id, None)
    plot.ground.git_in(plot.path).run("clean", "-q", "-d", "--force")
    put(plot.commit_file, commit_id.encode())


def _stand_with_files(plot: Plot, commit_id: str, stop: Stop | None) -> None:
    plot.reclaim()
    plot.stand_on(commit_id)
    # Filters and partial clones may have to get content from the remote.
    git = plot.ground.git_in(plot.path)
    git.run("reset", "-q", "--hard", commit_id, reach=Reach.REMOTE, timeout_s=ADD_S, stop=stop)
