"""Rescued work: a run's commit or unfinished change on a hidden ref of the private clone, and the way back to it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed, UsageProblem
from runner.git.ground import Ground
from runner.git.names import is_object_id, ref_name_problem
from runner.git.program import Git
from runner.git.work_tree import WorkTree

FOLDER = "refs/runner/rescue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """Work that was kept for one run."""

    run_id: str
    commit_id: str
    subject: str


def rescue_commit(ground: Ground, run_id: str, commit_id: str) -> str:
    """Keep a commit of the clone for a run, in the place of what was kept for it before; returns the ref.

    Raises:
        GitFailed: the clone does not have the commit, or cannot be written.
    """
    ref = _ref(run_id)
    # git would take zeros for an order to remove the ref.
    if not is_object_id(commit_id) or not _has(ground.git, f"{commit_id}^{{commit}}"):
        raise GitFailed(f"{commit_id!r} is no commit of {ground.path}", hint="nothing was kept for the run")
    ground.git.run("update-ref", "--no-deref", ref, commit_id, doing=f"cannot keep {commit_id[:7]}")
    return ref


def rescue_change(tree: WorkTree, run_id: str, base: str, message: str) -> str | None:
    """Keep what a work tree holds now as one commit on `base`, without hooks or signature; returns its id.

    None: nothing has changed since `base`, and nothing was kept.

    Raises:
        GitFailed: the work tree cannot be read, or the clone not be written.
    """
    snapshot = tree.snapshot(base)
    if not snapshot.changes:
        return None
    git = tree.plot.ground.git.with_settings(_NOBODY)
    tree_id = tree.to_commit(base, snapshot.tree_id)
    text = message.encode(errors="replace")
    made = git.run("commit-tree", "--no-gpg-sign", tree_id, "-p", base, input_bytes=text)
    commit_id = made.decode().strip()
    rescue_commit(tree.plot.ground, run_id, commit_id)
    return commit_id


def rescued(ground: Ground) -> tuple[Rescued, ...]:
    """All that is kept, by run. Raises: GitFailed."""
    listed = ground.git.text("for-each-ref", "--format=%(refname) %(objectname) %(contents:subject)", FOLDER)
    rows = (line.split(" ", 2) for line in listed.splitlines())
    return tuple(
        Rescued(run_id=name.removeprefix(f"{FOLDER}/"), commit_id=id_, subject=subject)
        for name, id_, subject in rows
    )


def rescue_hint(clone: Path, run_id: str, *, branch: str = "", top: Path | None = None) -> str:
    """The command that makes a branch of rescued work in the developer's checkout; `top` unless they are in it."""
    folder = f" -C {shlex.quote(str(top))}" if top else ""
    target = branch if branch and not ref_name_problem(branch) else f"rescue/{run_id}"
    refspec = shlex.quote(f"{_ref(run_id)}:refs/heads/{target}")
    return f"git{folder} fetch {shlex.quote(str(clone))} {refspec}"


def is_delivered(ground: Ground, commit_id: str, tips: tuple[str, ...]) -> bool:
    """Whether a commit is part of one of the `tips` (ids): what was delivered need not be kept any longer."""
    known = tuple(tip for tip in tips if is_object_id(tip) and _has(ground.git, tip))
    return any(ground.git.ask("merge-base", "--is-ancestor", commit_id, tip).exit_code == 0 for tip in known)


def forget_rescued(
    ground: Ground, run_id: str, *, tips: tuple[str, ...] = (), even_if_lost: bool = False
) -> bool:
    """Let go of a run's rescued work if one of the `tips` (ids on the remote, or in the checkout) has it.

    Returns whether nothing is kept for the run any more. `even_if_lost` is a person's word that it may go.

    Raises:
        GitFailed: the clone cannot be read or written.
    """
    ref = _ref(run_id)
    done = ground.git.ask("rev-parse", "--verify", "--quiet", ref)
    commit_id = done.stdout.decode().strip()
    if done.exit_code != 0:
        return True
    if not even_if_lost and not is_delivered(ground, commit_id, tips):
        return False
    ground.git.run("update-ref", "-d", ref, commit_id)
    return True


_NOBODY = (("user.name", "runner"), ("user.email", "runner@localhost"))
"""An unfinished change is nobody's commit; and the developer may have no identity set."""


def _has(git: Git, commit_id: str) -> bool:
    return git.ask("cat-file", "-e", commit_id).exit_code == 0


def _ref(run_id: str) -> str:
    ref = f"{FOLDER}/{run_id}"
    if "/" in run_id or ref_name_problem(f"rescue/{run_id}"):
        raise UsageProblem(f"{run_id!r} is not the id of a run", hint="`runner runs` lists them")
    return ref
