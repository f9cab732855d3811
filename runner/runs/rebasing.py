"""A base that moved while the run worked, and a remote that wants the newest one: rebase once, check again."""

from __future__ import annotations

from runner.errors import GitFailed
from runner.git.push_faults import PushFailed, PushFault
from runner.git.work_tree import WorkTree
from runner.runs.delivering import commit_text
from runner.runs.judging import Judgement, judge_evidence
from runner.runs.model import Step
from runner.runs.run import Run
from runner.runs.verifying import measure
from runner.tasks.model import Outcome


def wants_rebase(run: Run, error: GitFailed) -> bool:
    """Whether the remote refused for the base alone, and we have not rebased yet."""
    return isinstance(error, PushFailed) and error.fault is PushFault.MOVED_BASE and not run.rebased


def rebase(run: Run, tree: WorkTree, refused: GitFailed) -> Judgement:
    """Put the commit on the newest base and run the checks on it.

    Returns what it amounts to now: `done` may be pushed; a conflict, or a check that turned red on the new base, needs
    a person.

    Raises:
        GitFailed: the new base cannot be had, or a hook refused.
    """
    run.rebased = True
    run.confirm_lease()
    with run.step(Step.COMMIT, "the base moved: rebasing", onto=run.base.branch) as facts:
        base = run.tools.clone.resolve_base(run.policy.base)
        moved = tree.rebase_once(base.commit_id, commit_text(run), sign_off=run.policy.sign_off)
        if moved.commit_id is None:
            facts["commit"] = run.commits[-1]
            return _needs_a_person(run.task.id, moved.conflicts, refused)
        run.base, run.commits = base, (moved.commit_id,)
        facts["commit"] = moved.commit_id
        run.tree_id = tree.tree_id(base.commit_id)
        run.record.note(
            base={"branch": base.branch, "commit": base.commit_id, "remote": base.remote},
            tree=run.tree_id,
        )
    measure(run, tree, run.evidence.base)
    judgement = judge_evidence(run.evidence)
    if judgement.outcome is Outcome.DONE:
        return judgement
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"on the newest base {judgement.cause}",
        question=f"The base moved while Claude worked; with the newest one {judgement.cause}. Nothing was pushed."
        " Answer what to do; Claude goes on from here.",
    )


def _needs_a_person(task_id: str, conflicts: tuple[str, ...], refused: GitFailed) -> Judgement:
    if not conflicts:
        return Judgement(
            outcome=Outcome.NEEDS_INPUT,
            cause="the newest base has this change already",
            question="The base moved while Claude worked, and has this change already. Is there anything left to do?",
        )
    told = ", ".join(conflicts[:10])
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"the base moved, and its changes conflict in {told}",
        question=f"{refused} The base moved while Claude worked, and conflicts in {told}. Answer what to do, or"
        f" `runner requeue {task_id}` starts the task afresh on the newest base.",
    )
