"""What of a private clone and its work trees is nowhere else: the questions to ask before anything is removed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.git.belonging import belonging_file
from runner.git.ground import NO_HOOKS, lock_file
from runner.git.lock import locked
from runner.git.names import is_object_id
from runner.git.plot import Plot
from runner.git.program import Git
from runner.git.repository import Repository
from runner.git.rescue import FOLDER
from runner.git.snapshot import take_snapshot, to_commit
from runner.git.vault import vault_path

_SAFE_ELSEWHERE = ("refs/runner/base", "refs/runner/tips", "refs/tags", "refs/remotes")
"""Copies of what the checkout or its remote has."""
_KEPT = (*_SAFE_ELSEWHERE, FOLDER)
"""And what this clone keeps for a person: a work tree need not keep it too."""
_OURS = ("refs/heads/", f"{FOLDER}/")
"""Refs whose commits may be elsewhere as well. Of all others only their owners know what they are for."""
_IN_CHECKOUT = ("refs/heads", "refs/remotes")
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A ref of a clone whose commits are nowhere else."""

    name: str
    """In full."""
    commit_id: str


def refs_at_stake(clone: Path, checkout: Repository | None, source: Mapping[str, str]) -> tuple[Branch, ...]:
    """Refs of a clone, and of its vault, that lead to what neither the checkout nor its remote is known to have.

    `checkout` is None when the repository is gone; `source` is the environment for git. Only refs are read: nothing
    that an agent's git may have configured in the clone is run.

    Raises:
        GitFailed: the clone cannot be read.
    """
    git = _plain_git(clone, source)
    found = [Branch(name=name, commit_id=commit_id) for name, commit_id in _refs(git)]
    known = tuple(
        branch
        for branch in found
        if not branch.name.startswith(tuple(f"{folder}/" for folder in _SAFE_ELSEWHERE))
        and not (branch.name.startswith(_OURS) and is_elsewhere(git, checkout, branch.commit_id))
    )
    vault = vault_path(clone)
    kept = _refs(_plain_git(vault, source)) if (vault / "HEAD").is_file() else ()
    return (*known, *(Branch(name=name, commit_id=commit_id) for name, commit_id in kept))


def is_elsewhere(
    git: Git, checkout: Repository | None, commit_id: str, *, safe: tuple[str, ...] = _SAFE_ELSEWHERE
) -> bool:
    """Whether a remote, a tag or a branch of the checkout is known to have the commit; `git` is called in the clone."""
    contains = ("for-each-ref", "--count=1", "--format=%(refname)", f"--contains={commit_id}")
    if git.ask(*contains, *safe).stdout:
        return True
    # A commit that is not there at all is an error, and no answer.
    return checkout is not None and bool(checkout.git.ask(*contains, *_IN_CHECKOUT).stdout)


def work_at_stake(plot: Plot, *, base: str, delivered: Collection[str]) -> str:
    """What would be lost with a work tree, in words; empty for nothing.

    `base` is the commit it started from, empty if nobody knows; `delivered` are commits that are known to have reached
    a remote. Every tip counts: HEAD, our branch, our commit; and then the files, but for ignored ones. Where the folder
    is gone, only commits are left to lose.

    Raises:
        GitFailed: it cannot be told.
    """
    whole = plot.path.is_dir()
    if whole:
        plot.reclaim()
    for commit_id in _tips(plot, whole=whole):
        if commit_id not in delivered and not _is_safe(plot, commit_id, base):
            return f"its commit {commit_id[:10]} on {plot.branch or 'a branch'} is nowhere else"
    return _files_at_stake(plot, base) if whole else ""


def _files_at_stake(plot: Plot, base: str) -> str:
    compared = _noted(plot) or base or _head(plot)
    if not compared:
        return "nobody can say what is new in it"
    snapshot = take_snapshot(plot, compared)
    changes = snapshot.changes
    rescued = plot.ground.git.text("for-each-ref", "--format=%(tree)", FOLDER).split()
    if not changes or to_commit(plot, compared, snapshot.tree_id) in rescued:
        return ""
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return f"it has changes that are in no commit: {', '.join(changes[:_SHOWN])}{more}"


@contextmanager
def clone_alone(clone: Path) -> Iterator[None]:
    """Keep every run out of a clone, without waiting. Raises: Busy (one is at work on it), StoreFailed."""
    with locked(lock_file(clone), timeout_s=0):
        yield


def locks_of(clone: Path) -> tuple[Path, ...]:
    """The lock files of a clone's vault and of the clone itself, which must be the last to go."""
    vault = vault_path(clone)
    return vault.with_name(f"{vault.name}.lock"), lock_file(clone)


def beside(clone: Path) -> tuple[Path, ...]:
    """What else belongs to a clone: its vault and its note, and then the locks."""
    return vault_path(clone), belonging_file(clone), *locks_of(clone)


def _tips(plot: Plot, *, whole: bool) -> tuple[str, ...]:
    """HEAD, our commit, and where our branch is, whatever an agent did to HEAD."""
    branch = _commit(plot.ground.git, f"refs/heads/{plot.branch}") if plot.branch else ""
    # A tree without folder and branch is one whose removal was broken off, by us or by a person.
    found = (_head(plot), _noted(plot), branch) if whole else (_noted(plot) if branch else "", branch)
    return tuple(dict.fromkeys(filter(None, found)))


def _noted(plot: Plot) -> str:
    noted = plot.commit_file.read_text().strip() if plot.commit_file.is_file() else ""
    return noted if is_object_id(noted) else ""


def _head(plot: Plot) -> str:
    return _commit(plot.ground.git_in(plot.path), "HEAD")


def _commit(git: Git, name: str) -> str:
    done = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return done.stdout.decode().strip()


def _is_safe(plot: Plot, commit_id: str, base: str) -> bool:
    git = plot.ground.git
    if base and git.ask("merge-base", "--is-ancestor", commit_id, base).exit_code == 0:
        return True
    return is_elsewhere(git, plot.ground.checkout, commit_id, safe=_KEPT)


def _refs(git: Git) -> tuple[tuple[str, str], ...]:
    lines = git.text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return tuple((name, commit_id) for name, _, commit_id in (line.partition(" ") for line in lines))


def _plain_git(folder: Path, source: Mapping[str, str]) -> Git:
    git = Git(folder=folder.parent, source=source, variables=(("GIT_DIR", str(folder)),))
    return git.with_settings((("core.hooksPath", NO_HOOKS), ("core.fsmonitor", "false")))
