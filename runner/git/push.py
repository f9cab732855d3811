"""Taking a branch to a remote, and never over anybody else's commits."""

from __future__ import annotations

import hashlib
import re

from runner.errors import BranchMoved, GitFailed
from runner.git.base import FETCH
from runner.git.ground import Ground
from runner.git.program import HOOKS_S, NETWORK_S, Git, Reach, failure
from runner.git.trailers import mark_of, may_replace
from runner.process.stop import Stop

_TRIES = 3
_MOVED = re.compile(
    r"^!\t.*\((stale info|fetch first|non-fast-forward|needs force|remote ref updated since checkout"
    r"|failed to update ref|cannot lock ref.*|reference already exists|failed to lock.*"
    r"|incorrect old value provided)\)",
    re.MULTILINE,
)
"""What git and servers say when the branch is not, or no longer, what we expected."""


def remote_tip(ground: Ground, branch: str, remote: str, stop: Stop | None) -> str | None:
    """The commit id of a branch on the remote, now; None when there is no such branch. Raises: GitFailed."""
    ref = f"refs/heads/{branch}"
    listed = ground.git.run(
        *("ls-remote", "--", remote, ref),
        reach=Reach.REMOTE,
        timeout_s=NETWORK_S,
        stop=stop,
        doing=f"cannot ask {remote} about {branch}",
    )
    rows = (line.split("\t") for line in listed.decode(errors="replace").splitlines())
    # A pattern also finds longer names that end like it.
    return next((row[0] for row in rows if row[-1] == ref), None)


def push_commit(
    ground: Ground,
    git: Git,
    commit_id: str,
    branch: str,
    expected: str | None,
    remote: str,
    stop: Stop | None,
) -> None:
    """Make `branch` on the remote `commit_id`, if it still is `expected` (None: it must not exist) and that is ours.

    A tip that is neither, but has only commits of this task by an older claim or by this very run, is replaced too.
    Pushing what is already there is no error. `git` is called in the work tree: pre-push hooks run there.

    Raises:
        BranchMoved: the branch has other commits; nothing was changed.
        GitFailed: no network, no right, a hook refuses.
    """
    lease = expected
    if expected is not None:
        lease = _replaceable(ground, commit_id, branch, remote, stop)
    for _ in range(_TRIES):
        if lease == commit_id or _push(git, commit_id, branch, lease, remote, stop):
            return
        lease = _replaceable(ground, commit_id, branch, remote, stop)
    raise BranchMoved(f"{branch} on {remote} does not stand still", hint="see who else pushes to it")


def _push(git: Git, commit_id: str, branch: str, lease: str | None, remote: str, stop: Stop | None) -> bool:
    """Returns False when the branch was not what the lease says."""
    ref = f"refs/heads/{branch}"
    options = (
        "--porcelain",
        "--no-follow-tags",
        "--recurse-submodules=no",
        f"--force-with-lease={ref}:{lease or ''}",
    )
    command = ("push", *options, "--", remote, f"{commit_id}:{ref}")
    done = git.ask(*command, reach=Reach.REMOTE, timeout_s=HOOKS_S, stop=stop)
    moved = _MOVED.search(done.stdout.decode(errors="replace")) and b"cannot create" not in done.stderr
    if done.exit_code != 0 and not moved:
        raise failure(done, f"cannot push {branch} to {remote}", with_stdout=True)
    return done.exit_code == 0


def _replaceable(ground: Ground, commit_id: str, branch: str, remote: str, stop: Stop | None) -> str | None:
    """The remote's tip, if we may put `commit_id` in its place; None when the branch is not there."""
    tip = remote_tip(ground, branch, remote, stop)
    if tip is None or tip == commit_id:
        return tip
    # A name of our own, for a branch a of one task would stand in the way of a branch a/b of another.
    ours = f"refs/runner/tips/{hashlib.sha256(branch.encode()).hexdigest()[:16]}"
    ground.git.run(
        *(*FETCH, "--", remote, f"refs/heads/{branch}:{ours}"),
        reach=Reach.REMOTE,
        timeout_s=NETWORK_S,
        stop=stop,
        doing=f"cannot read {branch} on {remote}",
    )
    check_ours(ground.git, commit_id, tip, f"{branch} on {remote}")
    return tip


def check_ours(git: Git, commit_id: str, tip: str, where: str) -> None:
    """Let a tip pass that has, beyond the base of `commit_id`, only commits which this run may replace.

    Raises:
        BranchMoved: it has others.
        GitFailed: `commit_id` carries no mark of a run.
    """
    mark = mark_of(git.run("log", "-1", "--format=%B", commit_id, "--").decode(errors="replace"))
    if mark is None:
        raise GitFailed(
            f"{commit_id[:7]} says nothing of the run that made it",
            hint="its trailers were changed by a hook",
        )
    listed = git.run("log", "-z", "--format=%h %an: %s%n%B", tip, f"^{commit_id}^", "--").decode(
        errors="replace"
    )
    commits = [text.split("\n", 1) for text in listed.split("\0") if text]
    foreign = [commit[0] for commit in commits if not may_replace(commit[1:], mark)]
    if foreign:
        raise BranchMoved(
            f"{where} has commits that are not this task's to replace: {foreign[0].strip()}",
            hint="look at them; then rename or delete that branch and requeue the task",
        )
