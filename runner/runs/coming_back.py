"""The places where an unfinished run comes in again: the conversation, the answer, the delivery, the report."""

from __future__ import annotations

import logging
from dataclasses import replace

from runner.claude.recording import read_spent
from runner.claude.resumption import Earlier, why_afresh
from runner.errors import GitFailed, StoreFailed
from runner.git.putting_back import put_back
from runner.git.work_tree import WorkTree
from runner.runs import preparing
from runner.runs.conversing import Conversation
from runner.runs.cut_off import cut_off
from runner.runs.facts import ending_of
from runner.runs.handing_over import deliver, is_handed_over
from runner.runs.judging import Judgement
from runner.runs.prompting import go_on_prompt
from runner.runs.resuming import patches_of, told_result
from runner.runs.run import Run
from runner.runs.so_far import DAMAGED, SoFar
from runner.runs.steps import Ended, ask, from_the_start, take_answer

log = logging.getLogger("runner.runs")


def to_the_report(run: Run, so_far: SoFar) -> Ended:
    """The ending was decided already; only who must know of it does not, perhaps."""
    ending = ending_of(so_far.ending, run.run_id)
    if ending is None:
        raise StoreFailed(f"{run.record.folder}: its ending cannot be read", hint=DAMAGED)
    judgement = so_far.judgement or Judgement(outcome=ending.outcome)
    told = replace(judgement, outcome=ending.outcome, cause=ending.error, question=ending.question)
    return told, ending.retry_at


def to_the_delivery(run: Run, so_far: SoFar) -> Ended:
    """The change is judged; commit, branch and pull request are made if they are not there."""
    judgement = so_far.judgement
    if judgement is None:
        raise StoreFailed(f"{run.record.folder}: what was decided cannot be read", hint=DAMAGED)
    run.stop.check()
    if is_handed_over(run, so_far):
        return judgement, None
    return deliver(run, _tree_of_the_change(run), judgement), None


def to_the_answer(run: Run, so_far: SoFar) -> Ended:
    """Claude has answered; what it left is verified, and repaired in the same conversation."""
    result = so_far.answer
    if result is None:
        raise StoreFailed(f"{run.record.folder}: claude's answer cannot be read", hint=DAMAGED)
    run.stop.check()
    tree = _tree_as_answered(run, so_far)
    conversation = Conversation(run, trees=so_far.trees, calls=so_far.answered, before=result)
    return take_answer(run, tree, conversation, result, repairs=so_far.answered - 1)


def to_the_conversation(run: Run, so_far: SoFar) -> Ended:
    """Claude was cut off: it goes on in the same conversation if that pays, else it starts afresh."""
    run.stop.check()
    tree = _tree_as_left(run)
    why_not = why_afresh(_earlier(run, so_far))
    if tree is None or not so_far.trees or why_not:
        log.info("%s starts a new conversation: %s", run.run_id, why_not or "its work tree is gone")
        return from_the_start(run, fresh=True)
    before = told_result(run.session_id, so_far.before) if so_far.before else None
    conversation = Conversation(run, trees=so_far.trees[:1], before=before, resume=True)
    return ask(run, tree, conversation, go_on_prompt(run), resumed=True)


def _earlier(run: Run, so_far: SoFar) -> Earlier:
    """What is known of the conversation that was cut off; its last stream was set aside."""
    streams = cut_off(run.record.folder)
    if not streams:
        return Earlier(
            session_id=run.session_id, outcome=None, context_tokens=0, spent_nano_usd=0, idle_s=0.0
        )
    recorded = read_spent(streams[-1], so_far.total)
    return Earlier(
        session_id=run.session_id,
        outcome=None,
        context_tokens=recorded.context_tokens,
        spent_nano_usd=run.usage.cost_nano + so_far.total.cost_nano_usd,
        idle_s=max(0.0, run.tools.now().timestamp() - streams[-1].stat().st_mtime),
        model=recorded.model,
        next_model=run.held.model,
        window_tokens=recorded.window_tokens,
        resumes_in_vain=len(streams) - 1,
    )


def _tree_as_left(run: Run) -> WorkTree | None:
    """The work tree with the files as they were when the runner was killed."""
    try:
        return run.tools.clone.work_tree(run.work_tree) if run.work_tree.is_dir() else None
    except GitFailed:
        return None


def _tree_as_answered(run: Run, so_far: SoFar) -> WorkTree:
    """The files as Claude left them; what a check was writing when the runner was killed is not Claude's."""
    tree = _tree_of_the_change(run)
    if len(so_far.trees) > so_far.answered and tree.knows(so_far.trees[so_far.answered]):
        put_back(tree, run.base.commit_id, so_far.trees[so_far.answered])
    return tree


def _tree_of_the_change(run: Run) -> WorkTree:
    """The work tree, made anew from the recorded changes if somebody removed it."""
    tree = _tree_as_left(run)
    if tree is not None:
        return tree
    tree = preparing.make_work_tree(run)
    for patch in patches_of(run.record.folder):
        tree.apply(patch)
    run.commits = ()
    return tree
