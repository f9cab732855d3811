"""Where a new branch would start as far as this checkout knows: for looking ahead, when no remote is to be asked."""

from __future__ import annotations

from runner.errors import UsageProblem
from runner.git.model import Base
from runner.git.names import check_ref_name
from runner.git.repository import Repository

MOST_NAMES = 20


def known_base(checkout: Repository, name: str | None = None) -> Base:
    """What is known of the remote's branch, else the local one; by default of the default branch.

    A claim asks the remote first (`resolve_base`), so it may start from something newer.

    Raises:
        UsageProblem: the repository is empty, or there is no such branch here; the hint says what to do.
    """
    remote = checkout.main_remote()
    branch = name or checkout.default_branch(remote or "origin")
    if branch is not None:
        check_ref_name(branch)
        places = (f"refs/remotes/{remote}/{branch}", f"refs/heads/{branch}")[0 if remote else 1 :]
        commit_id = next(filter(None, map(checkout.resolve, places)), None)
        if commit_id is not None:
            return Base(branch=branch, commit_id=commit_id, remote=remote)
    names = _branches(checkout)
    if not names:
        raise UsageProblem(f"{checkout.top} has no commit yet", hint='make one: git commit -m "Start"')
    if branch is None:
        raise UsageProblem(
            "HEAD is detached and there is no branch main or master to start from",
            hint="name the base branch, or check one out",
        )
    newer = (
        f"; if it is new on {remote}, a claim fetches it, here `git fetch {remote}` does" if remote else ""
    )
    raise UsageProblem(
        f"there is no branch {branch} to start from",
        hint=f"branches: {', '.join(names[:MOST_NAMES])}{newer}",
    )


def _branches(checkout: Repository) -> list[str]:
    """The names of all branches here, of remotes too."""
    listed = checkout.git.text("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes")
    return [line for line in listed.splitlines() if not line.endswith("/HEAD")]
