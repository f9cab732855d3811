"""What a person's own commands do in their own checkout: a branch, a commit, a push. Nothing else here changes it."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import RunnerError, UsageProblem
from runner.git.names import check_ref_name
from runner.git.own_branch import go_on_with, has_branch
from runner.git.program import HOOKS_S, Git, Reach
from runner.git.repository import Repository
from runner.process.stop import Stop


def checkout_branch(repository: Repository, name: str, *, task_id: str) -> bool:
    """Switch to the task's branch `name`, made at HEAD unless it is there; returns whether it was there.

    Uncommitted changes come along. A branch that is there is never moved.

    Raises:
        UsageProblem: git refuses the name, or the branch that is there has somebody else's work on it.
        GitFailed: git could not switch.
    """
    check_ref_name(name)
    if has_branch(repository, name):
        go_on_with(repository, name, task_id=task_id)
        return True
    making = ("switch", "--quiet", "--no-track", "--create", name)
    _git(repository).run(*making, doing=f"cannot make the branch {name}")
    return False


def commit_all(
    repository: Repository, message: str, *, sign_off: bool = False, stop: Stop | None = None
) -> str:
    """Stage everything that is not ignored and commit it, with the developer's hooks; returns the commit id.

    Raises:
        UsageProblem: the message is empty.
        RunnerError: there is nothing to commit.
        GitFailed: a hook refuses, the identity is missing, or signing failed; everything stays staged.
    """
    if not message.strip():
        raise UsageProblem("a commit needs a message", hint='runner commit -m "What changed"')
    git = _git(repository)
    git.run("add", "--all", "--", ".", doing="cannot stage the changes")
    # In an empty repository there is no HEAD to compare with, but then the index tells.
    if git.ask("diff", "--staged", "--quiet").exit_code == 0:
        raise RunnerError("there is nothing to commit", hint="the checkout has no changes: git status")
    options = ("--quiet", "--file=-", "--cleanup=whitespace", *(("--signoff",) if sign_off else ()))
    git.run(
        *("commit", *options),
        reach=Reach.COMMITTING,
        input_bytes=message.encode(errors="replace"),
        timeout_s=HOOKS_S,
        stop=stop,
        doing="the commit was refused",
    )
    return git.text("rev-parse", "HEAD")


def push_current(repository: Repository, *, stop: Stop | None = None) -> str:
    """Push the current branch to where it belongs; the first time to the main remote, which it then belongs to.

    Returns the name of the branch.

    Raises:
        UsageProblem: HEAD is detached, or there is no remote.
        GitFailed: no network, no right, newer commits on the remote, a hook refuses.
    """
    git = _git(repository)
    branch = repository.branch()
    if branch is None:
        raise UsageProblem(
            "HEAD is detached: there is no branch to push", hint="make one: git switch -c NAME"
        )
    command = ["push", "--quiet"]
    if git.ask("rev-parse", "--verify", "--quiet", f"{branch}@{{upstream}}").exit_code != 0:
        remote = repository.main_remote()
        if remote is None:
            raise UsageProblem("there is no remote to push to", hint="add one: git remote add origin URL")
        command += ["--set-upstream", "--", remote, f"refs/heads/{branch}"]
    git.run(*command, reach=Reach.REMOTE, timeout_s=HOOKS_S, stop=stop, doing=f"cannot push {branch}")
    return branch


def _git(repository: Repository) -> Git:
    """git as the developer would call it there: all of their settings, and none of ours for reading."""
    return replace(repository.git, settings=())
