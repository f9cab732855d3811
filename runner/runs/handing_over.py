"""From a judged change to its pull request: exactly what was checked, and nothing that needs a person's word first."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import GitFailed
from runner.git.putting_back import put_back, tree_of
from runner.git.work_tree import WorkTree
from runner.runs import delivering, guarding, rebasing, watching
from runner.runs.judging import Judgement, first_line, judge_evidence, sentence
from runner.runs.model import Step
from runner.runs.own_disk import disk_trouble
from runner.runs.run import Run
from runner.runs.so_far import SoFar
from runner.runs.verifying import measure
from runner.runs.waiting import keep_change
from runner.tasks.model import Outcome

DELIVERED = frozenset({Outcome.DONE, Outcome.CHECKS_FAILED})
TOLD_LIMIT = 10


def deliver(
    run: Run, tree: WorkTree, judgement: Judgement, changes: tuple[str, ...] | None = None
) -> Judgement:
    """Commit, push, pull request; red checks make a draft, or nothing where the settings say so.

    `changes` are the changed paths, if they are known. Returns what it came to: a protected file or a secret needs a
    person's word before anything leaves.
    """
    red = judgement.outcome is Outcome.CHECKS_FAILED
    if red and run.policy.on_red == "none":
        return judgement
    if changes is None:
        _put_back(run, tree)
        changes = tree.changes(run.base.commit_id)
    asked = guarding.changed_without_word(run, tree, changes)
    if asked is not None:
        return asked
    asked = watching.broken_alibi(run)
    if asked is not None:
        return asked
    run.touched = guarding.touched(run, tree, changes)
    # A process before this one may have been killed between a commit and the checks on it.
    asked = _prove_again(run, tree) if run.commits else _commit(run, tree)
    if asked is not None:
        return asked
    judgement = _push(run, tree, judgement)
    if judgement.outcome in DELIVERED and run.policy.pull_request:
        delivering.open_pull_request(run, unproven=red)
    return judgement


def is_handed_over(run: Run, so_far: SoFar) -> bool:
    """Whether a process before this one left nothing to deliver: what people do with it since is theirs to undo.

    A branch that they merged or deleted does not come back by another push.

    Raises:
        GhFailed: nobody can tell what became of a branch that was pushed, or a person closed its pull request.
    """
    if run.pull_request is not None:
        for warning in so_far.pull_request_warnings:
            run.warn(warning)
        return True
    if not run.policy.pull_request:
        return run.record.is_done(Step.PUSH)
    return so_far.push_begun and delivering.take_merged(run)


def _commit(run: Run, tree: WorkTree) -> Judgement | None:
    """Make the commit. A hook that refuses, or a key that is not there, is a person's to mend: the work is kept."""
    try:
        delivering.commit(run, tree)
    except GitFailed as refused:
        run.tools.clone.suspect(refused)
        if disk_trouble(refused):
            raise
        kept = keep_change(run, tree)
        return Judgement(
            outcome=Outcome.NEEDS_INPUT,
            cause=first_line(str(refused)),
            question=" ".join(
                filter(None, (sentence(f"The commit was refused: {refused}"), sentence(refused.hint), kept))
            ),
        )
    return _prove_again(run, tree)


def _put_back(run: Run, tree: WorkTree) -> None:
    """What is committed is what was checked: checks, and what they run, may have written since."""
    if not run.tree_id:
        return
    paths = put_back(tree, run.base.commit_id, run.tree_id)
    if paths:
        more = f" and {len(paths) - TOLD_LIMIT} more" if len(paths) > TOLD_LIMIT else ""
        run.warn(f"written after claude was done, and left out: {', '.join(paths[:TOLD_LIMIT])}{more}")


def _prove_again(run: Run, tree: WorkTree) -> Judgement | None:
    """A hook that changed files, or a rebase, made another tree than the one that was checked."""
    base, made = run.base.commit_id, tree_of(tree, run.commits[-1])
    if run.tree_id and made == tree.to_commit(base, run.tree_id):
        return None
    red_before = run.evidence.turned_red
    now = tree.tree_id(base)
    run.tree_id = now if tree.to_commit(base, now) == made else made
    run.evidence = replace(run.evidence, tree=made)
    if not run.tools.checks.commands:
        return None
    measure(run, tree, run.evidence.base)
    judgement = judge_evidence(run.evidence)
    if judgement.outcome is Outcome.DONE or red_before:
        return None
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"a hook or a newer base changed files, and then {judgement.cause}",
        question=f"A hook of the repository, or a newer base, changed files in the commit, and then {judgement.cause}."
        " Nothing was pushed. Answer what to do; Claude goes on from here.",
    )


def _push(run: Run, tree: WorkTree, judgement: Judgement) -> Judgement:
    """Deliver the branch, if nothing secret is in it; on a base that moved after one rebase."""
    commit_id = run.commits[-1]
    asked = guarding.committed_without_word(run, tree, commit_id)
    asked = asked or guarding.secrets_that_would_leave(run, tree, commit_id)
    if asked is not None:
        return asked
    try:
        delivering.deliver_branch(run, tree)
    except GitFailed as refused:
        if not rebasing.wants_rebase(run, refused):
            raise
        again = rebasing.rebase(run, tree, refused)
        return _push(run, tree, judgement) if again.outcome is Outcome.DONE else again
    return judgement
