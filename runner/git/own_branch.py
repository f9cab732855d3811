"""A person's branch for one task: made at HEAD, or gone on with when it is there and nobody else's work is on it."""

from __future__ import annotations

import re
from dataclasses import replace

from runner.errors import UsageProblem
from runner.git.program import Git, Reach
from runner.git.repository import Repository

_KNOWN = (
    *("HEAD", "refs/heads/main", "refs/heads/master"),
    *(f"--glob=refs/remotes/*/{name}" for name in ("HEAD", "main", "master")),
)
"""What is in one of these is no work of the branch: it is where branches begin."""
_RECORD = "%ae%x1f%ce%x1f%(trailers:key=Task,valueonly,separator=%x2C)%x1f%h %an"
_EMAIL = re.compile(r"<([^<>]*)> \d+ [+-]\d+\Z")


def has_branch(repository: Repository, name: str) -> bool:
    return repository.git.ask("show-ref", "--verify", "--quiet", f"refs/heads/{name}").exit_code == 0


def go_on_with(repository: Repository, name: str, *, task_id: str) -> None:
    """Switch to the branch `name`, which is never moved, taking uncommitted changes along.

    Raises:
        UsageProblem: it has a commit that neither this person nor anybody for this task made.
        GitFailed: git could not switch: uncommitted changes are in the way, or it is checked out elsewhere.
    """
    git = replace(repository.git, settings=())
    if foreign := _foreign_commit(git, name, task_id):
        raise UsageProblem(
            f"the branch {name} has work of somebody else: {foreign}",
            hint=f"look: git log {name}; out of the way with it: git branch -m {name} OTHER-NAME; then take it again",
        )
    git.run("switch", "--quiet", "--no-guess", name, doing=f"cannot switch to the branch {name}")


def _foreign_commit(git: Git, name: str, task_id: str) -> str:
    """The newest commit on the branch that is not this person's and not for this task; empty if there is none."""
    me = _own_email(git)
    known = (*(("--not", *_KNOWN)), "--")
    listed = git.text("log", "--ignore-missing", f"--format={_RECORD}", f"refs/heads/{name}", *known)
    for line in filter(None, listed.split("\n")):
        author, committer, tasks, told = line.split("\x1f")
        if not (me and me in (author, committer)) and task_id not in tasks.split(","):
            return told
    return ""


def _own_email(git: Git) -> str:
    """As git would sign a commit; empty when it does not know."""
    done = git.ask("var", "GIT_AUTHOR_IDENT", reach=Reach.COMMITTING)
    found = _EMAIL.search(done.stdout.decode(errors="replace").strip()) if done.exit_code == 0 else None
    return found[1] if found else ""
