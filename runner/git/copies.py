"""The vaults as house-keeping sees them: the copies of checkouts in each, by run, and letting go of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed
from runner.git.keeping import ALIBI, forget, may_be_run
from runner.git.lock import locked
from runner.git.unpushed import locks_of
from runner.git.vault import git_of_vault, vault_path

COLLECT_S = 600.0
_SUFFIX = ".kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What one run kept of the checkout."""

    vault: Path
    run_id: str
    alone: bool
    """Nothing else is in the vault."""

    @property
    def path(self) -> Path:
        """Its refs; to remove this folder lets go of it."""
        return self.vault / ALIBI / self.run_id

    @property
    def clone(self) -> Path:
        return clone_of(self.vault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a vault holds."""

    copies: tuple[Copy, ...] = ()
    others: tuple[str, ...] = ()
    """Refs that no run of ours made."""
    trouble: str = ""
    """Why nobody can tell what is in it."""


def clone_of(vault: Path) -> Path:
    """The clone that a vault stands beside; it may be gone."""
    return vault.with_suffix(".git")


def copy_at(clone: Path, ref: str) -> Path | None:
    """The `path` of the copy that a ref in a clone's vault is part of; None for another ref."""
    run_id = ref.removeprefix(f"{ALIBI}/").partition("/")[0]
    return vault_path(clone) / ALIBI / run_id if ref.startswith(f"{ALIBI}/") else None


def is_vault(path: Path) -> bool:
    """Whether this is, by its name and form, a vault, and no link to one."""
    return path.suffix == _SUFFIX and path.is_dir() and not path.is_symlink()


def content_of(vault: Path, source: Mapping[str, str]) -> Content:
    """Look into a vault; `source` is the environment for git. Raises: GitFailed."""
    if not (vault / "HEAD").is_file():
        # One that was never finished; whoever makes it writes this file before any ref.
        return Content()
    names = git_of_vault(vault, source).text("for-each-ref", "--format=%(refname)").splitlines()
    of_runs = {name: name.split("/")[3] for name in names if name.startswith(f"{ALIBI}/")}
    ours = {run_id for run_id in of_runs.values() if may_be_run(run_id)}
    others = tuple(name for name in names if of_runs.get(name) not in ours)
    alone = len(ours) == 1 and not others
    copies = (Copy(vault=vault, run_id=run_id, alone=alone) for run_id in sorted(ours))
    return Content(copies=tuple(copies), others=others)


def size_in_vault(copy: Copy, source: Mapping[str, str]) -> int:
    """About how many bytes of a shared vault only this copy takes; 0 where git cannot tell."""
    git = git_of_vault(copy.vault, source)
    mine = f"--glob={ALIBI}/{copy.run_id}/*"
    others = (f"--exclude={ALIBI}/{copy.run_id}/*", "--all", "--alternate-refs")
    done = git.ask("rev-list", "--disk-usage", "--objects", mine, "--not", *others)
    return int(done.stdout) if done.exit_code == 0 else 0


def let_go(copy: Copy, source: Mapping[str, str], *, unless: Callable[[], str]) -> str:
    """Remove one copy and what only it needed; `unless` is asked while nobody else changes the vault.

    Returns what that answered; if it is not empty, nothing was removed. Of an empty vault nothing is left.

    Raises:
        Busy: another process is at work on the vault.
        GitFailed: the vault cannot be read.
        OSError: it cannot be removed.
    """
    with locked(locks_of(copy.clone)[0], timeout_s=0):
        objection = unless()
        if objection or not copy.vault.is_dir():
            return objection
        git = git_of_vault(copy.vault, source)
        forget(git, copy.vault, copy.run_id)
        left = content_of(copy.vault, source)
        if any(one.run_id == copy.run_id for one in left.copies):
            raise GitFailed(f"{copy.path} cannot be removed", hint="check its owner and mode")
        if left.copies or left.others:
            _collect(copy.vault, source)
        else:
            shutil.rmtree(copy.vault)
    return ""


def _collect(vault: Path, source: Mapping[str, str]) -> None:
    """Drop the objects that nothing else in the vault needs: there may be secrets among them."""
    if not clone_of(vault).is_dir():
        return  # half of what git would have to walk through is gone; the rest goes with the vault
    git = git_of_vault(vault, source)
    drop = ("repack", "-A", "-d", "-l", "-q", "--unpack-unreachable=now")
    for command in (drop, ("prune", "--expire=now")):
        if git.ask(*command, timeout_s=COLLECT_S).exit_code != 0:
            raise GitFailed(
                f"a copy in {vault} was let go of, but its objects cannot be removed",
                hint="run `git fsck` there",
            )
