"""Where there is no remote: the branch arrives in the developer's repository as one new ref."""

from __future__ import annotations

from runner.errors import BranchMoved
from runner.git.base import FETCH, FROM_DISK
from runner.git.ground import NO_HOOKS, Ground
from runner.git.names import check_ref_name
from runner.git.program import NETWORK_S
from runner.git.push import check_ours
from runner.git.repository import Repository
from runner.process.stop import Stop


def deliver_branch(
    ground: Ground, checkout: Repository, commit_id: str, branch: str, stop: Stop | None
) -> None:
    """Make `branch` in the developer's repository `commit_id`: its objects and one ref, nothing else is written.

    Delivering what is already there is no error. A branch of that name is replaced only if all it has beyond the base
    are commits of this task by an older claim or by this very run, and nobody has it checked out.

    Raises:
        BranchMoved: there is another branch of that name.
        GitFailed: the repository cannot be written, or a branch `a` stands in the way of `a/b`.
    """
    check_ref_name(branch)
    ref = f"refs/heads/{branch}"
    old, checked_out_at = _existing(checkout, ref)
    if old == commit_id:
        return
    # No address, no hook and no upkeep of theirs has a part in this.
    git = checkout.git.with_settings(
        (*FROM_DISK, ("core.hooksPath", NO_HOOKS), ("fetch.writeCommitGraph", "false"))
    )
    doing = f"cannot bring {branch} into {checkout.top}"
    git.run(*FETCH, "--", str(ground.path), commit_id, timeout_s=NETWORK_S, stop=stop, doing=doing)
    if old is not None:
        if checked_out_at:
            raise BranchMoved(
                f"{branch} is checked out at {checked_out_at}", hint="switch to another branch there"
            )
        check_ours(git, commit_id, old, f"{branch} in {checkout.top}")
    # The old value is part of the order: whoever was faster wins. All zeros mean that there must be none.
    message = ("-m", "runner: deliver")
    git.run("update-ref", "--no-deref", *message, ref, commit_id, old or "0" * len(commit_id), doing=doing)


def _existing(checkout: Repository, ref: str) -> tuple[str | None, str]:
    """The commit that a branch is at, None if there is no such branch, and where it is checked out, if anywhere."""
    listed = checkout.git.text("for-each-ref", "--format=%(refname) %(objectname) %(worktreepath)", ref)
    for line in listed.splitlines():
        name, commit_id, path = line.split(" ", 2)
        if name == ref:
            return commit_id, path
    return None, ""
