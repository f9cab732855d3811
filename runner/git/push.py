"""Taking a branch to a remote, and never over anybody else's commits."""

from __future__ import annotations

import hashlib
import re

from runner.errors import BranchMoved, GitFailed
from runner.git.base import FETCH
from runner.git.failures import hint_for, last_words
from runner.git.ground import Ground
from runner.git.program import HOOKS_S, NETWORK_S, Git, Reach
from runner.git.push_faults import HINTS, PushFailed, fault_of
from runner.git.trailers import mark_of, may_replace
from runner.process.run import Completed
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
    """The commit id of a branch on the remote, now; None when there is no such branch. Raises: PushFailed."""
    ref = f"refs/heads/{branch}"
    done = ground.git.ask("ls-remote", "--", remote, ref, reach=Reach.REMOTE, timeout_s=NETWORK_S, stop=stop)
    if done.exit_code != 0:
        raise push_failure(done, f"cannot ask {remote} about {branch}")
    rows = (line.split("\t") for line in done.stdout.decode(errors="replace").splitlines())
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
        PushFailed: no network, no right, a hook refuses; `fault` says which.
    """
    lease = expected
    if expected is not None:
        lease = _replaceable(ground, commit_id, branch, remote, stop)
    for _ in range(_TRIES):
        if lease == commit_id or _push(ground, git, commit_id, branch, lease, remote, stop):
            return
        lease = _replaceable(ground, commit_id, branch, remote, stop)
    raise BranchMoved(f"{branch} on {remote} does not stand still", hint="see who else pushes to it")


def push_failure(done: Completed, doing: str, *, has_hook: bool = False) -> PushFailed:
    """The error for a push, or for a question to the remote, that did not work."""
    stdout, stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    fault = fault_of(stdout, stderr, has_hook=has_hook)
    output = f"{stderr}{stdout}"
    words = last_words(output) or f"exit code {done.exit_code}"
    return PushFailed(f"{doing}: {words}", fault=fault, hint=HINTS.get(fault) or hint_for(output))


def _push(
    ground: Ground,
    git: Git,
    commit_id: str,
    branch: str,
    lease: str | None,
    remote: str,
    stop: Stop | None,
) -> bool:
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
    # A server that has no space left cannot update a ref either.
    other_cause = re.search(rb"cannot create|no space left|disk quota", done.stderr, re.IGNORECASE)
    moved = _MOVED.search(done.stdout.decode(errors="replace")) and not other_cause
    if done.exit_code != 0 and not moved:
        has_hook = (ground.carried.hooks / "pre-push").is_file()
        raise push_failure(done, f"cannot push {branch} to {remote}", has_hook=has_hook)
    return done.exit_code == 0


def _replaceable(ground: Ground, commit_id: str, branch: str, remote: str, stop: Stop | None) -> str | None:
    """The remote's tip, if we may put `commit_id` in its place; None when the branch is not there."""
    tip = remote_tip(ground, branch, remote, stop)
    if tip is None or tip == commit_id:
        return tip
    # A name of our own, for a branch a of one task would stand in the way of a branch a/b of another.
    ours = f"refs/runner/tips/{hashlib.sha256(branch.encode()).hexdigest()[:16]}"
    command = (*FETCH, "--", remote, f"refs/heads/{branch}:{ours}")
    done = ground.git.ask(*command, reach=Reach.REMOTE, timeout_s=NETWORK_S, stop=stop)
    if done.exit_code != 0:
        raise push_failure(done, f"cannot read {branch} on {remote}")
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
