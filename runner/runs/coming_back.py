"""The places where an unfinished run comes in again: the conversation, the answer, the delivery, the report."""

from __future__ import annotations

import logging
from dataclasses import replace

from runner.claude.recording import read_spent
from runner.claude.resumption import Earlier, why_afresh
from runner.errors import StoreFailed
from runner.runs.conversing import Conversation
from runner.runs.cut_off import cut_off, set_aside
from runner.runs.facts import ending_of
from runner.runs.handing_over import deliver, is_handed_over
from runner.runs.judging import Judgement, judge_answer
from runner.runs.prompting import go_on_prompt
from runner.runs.rebuilding import files_of_the_answers, tree_as_left, whole_tree
from runner.runs.resuming import told_result
from runner.runs.run import Run
from runner.runs.so_far import DAMAGED, SoFar
from runner.runs.steps import Ended, ask, from_the_start, take_answer
from runner.tasks.model import Outcome

LOST = "the files of claude's last answer were gone when the run came back, and nothing of that answer was written down"

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
    return _deliver(run, so_far, judgement), None


def _deliver(run: Run, so_far: SoFar, judgement: Judgement) -> Judgement:
    tree = whole_tree(run)
    if tree is None:
        found = files_of_the_answers(run, so_far)
        if found is None:
            return _in_the_way(run)
        tree = found.tree
    if so_far.is_unproven:
        run.tree_id = ""  # nothing that was checked is what would be delivered
    return deliver(run, tree, judgement)


def to_the_answer(run: Run, so_far: SoFar) -> Ended:
    """Claude has answered; what it left is verified, and repaired in the same conversation."""
    result = so_far.answer
    if result is None:
        raise StoreFailed(f"{run.record.folder}: claude's answer cannot be read", hint=DAMAGED)
    run.stop.check()
    found = files_of_the_answers(run, so_far)
    if found is None:
        return _in_the_way(run), None
    calls = found.calls
    if calls < so_far.answered:
        run.warn(LOST)
        if judge_answer(run.told(result), changed=True).outcome is Outcome.DONE:
            _forget_the_last(run, so_far)
            if calls == 0:
                return from_the_start(run, fresh=True)
        else:
            calls = so_far.answered
    conversation = Conversation(run, trees=found.trees, calls=calls, before=result)
    if found.unsure:
        conversation.keep_changes(found.tree)
        return _whose_are(found.unsure), None
    return take_answer(run, found.tree, conversation, result, repairs=calls - 1)


def _forget_the_last(run: Run, so_far: SoFar) -> None:
    """As if the last answer had not come, but for its cost, which is counted already."""
    folder, record = run.record.folder, run.record
    record.note(cut_off_counted=len(cut_off(folder)) + 1)
    set_aside(folder, so_far.answered - 1)
    # Whoever comes back to it would trust in files that are not there.
    session_id = run.session_id if so_far.answered > 1 else ""
    record.note(answered=so_far.answered - 1, session_id=session_id, rebuilding=False)


def _in_the_way(run: Run) -> Judgement:
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause="claude's change cannot be looked at",
        question=(
            f"Our private clone was made anew, and what is in {run.work_tree} can be neither taken over nor moved. Look"
            " whether it is claude's change, and keep what you need. Then answer what to do; Claude starts afresh."
        ),
    )


def _whose_are(paths: tuple[str, ...]) -> Judgement:
    named = ", ".join(paths[:10]) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause="who made the new files of the change is not known any more",
        question=(
            "Our private clone was lost before claude's change was written down. The change is kept, but nobody can"
            f" tell whether claude made these new files, or set-up, copies and checks before it: {named}."
            " Answer which of them belong to the change; Claude goes on from there."
        ),
    )


def to_the_conversation(run: Run, so_far: SoFar) -> Ended:
    """Claude was cut off: it goes on in the same conversation if that pays, else it starts afresh."""
    run.stop.check()
    tree = tree_as_left(run)
    why_not = why_afresh(_earlier(run, so_far))
    if tree is None or not so_far.trees or why_not:
        log.info("%s starts a new conversation: %s", run.run_id, why_not or "its work tree is gone")
        # Whoever comes back to the old one would trust in files that are not there any more.
        run.record.note(session_id="")
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
