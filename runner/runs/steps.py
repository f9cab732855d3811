"""The steps of a run in their order, from the work tree to the pull request, and the places to come in again."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from runner.claude.protocol import ClaudeResult
from runner.context.model import Bundle
from runner.context.tokens import estimate_tokens
from runner.git.work_tree import WorkTree
from runner.runs import guarding, preparing, resuming, watching
from runner.runs.ahead import Ahead
from runner.runs.alibi import Alibi
from runner.runs.conversing import Conversation
from runner.runs.facts import judgement_facts
from runner.runs.handing_over import deliver
from runner.runs.judging import Judgement, judge_answer
from runner.runs.model import Evidence, Step
from runner.runs.prompting import task_prompt
from runner.runs.run import Run
from runner.runs.verifying import verify
from runner.tasks.model import Outcome

NEVER_BEGAN = frozenset(
    {Outcome.CRASHED, Outcome.NO_RESULT, Outcome.INVALID_REQUEST, Outcome.CONTEXT_OVERFLOW}
)

Ended = tuple[Judgement, datetime | None]
"""What a run amounts to, and when a usage limit that ended it resets."""


def from_the_start(run: Run, *, fresh: bool = False) -> Ended:
    """All steps up to the pull request. `fresh` starts a new conversation whatever the task remembers."""
    asked = guarding.named_before_work(run)
    if asked is not None:
        return asked, None
    context = Ahead(lambda: preparing.gather(run), name="context")
    conditions = (
        Ahead(lambda: run.tools.claude_ready(run.stop), name="claude"),
        Ahead(lambda: preparing.check_access(run), name="forge"),
        Ahead(lambda: watching.begin(run), name="alibi"),
    )
    try:
        return _prepare_and_ask(run, context, conditions, fresh=fresh)
    finally:
        for work in (context, *conditions):
            work.wait()


def _prepare_and_ask(
    run: Run, context: Ahead[Bundle], conditions: tuple[Ahead[None] | Ahead[Alibi], ...], *, fresh: bool
) -> Ended:
    tree = preparing.make_work_tree(run, conditions=[condition.result for condition in conditions])
    before = preparing.check_base(run, tree)
    run.evidence = Evidence(base=before)
    earlier = resuming.pick_up(run, tree, fresh=fresh)
    run.session_id = run.task.conversation if earlier and run.task.conversation else str(uuid.uuid4())
    text = task_prompt(
        run,
        preparing.take_context(run, context),
        resumed=earlier is not None,
        allowed=guarding.allowed_in(run),
    )
    prompt = run.tools.redactor.text(text)
    run.record.write("prompt.md", prompt.encode())
    preparing.resize_hold(run, estimate_tokens(prompt))

    conversation = Conversation(run, trees=(preparing.start_tree(run, tree),), before=earlier)
    return ask(run, tree, conversation, prompt, resumed=earlier is not None)


def ask(run: Run, tree: WorkTree, conversation: Conversation, prompt: str, *, resumed: bool) -> Ended:
    """Claude's first answer, and all that follows from it; afresh if an earlier conversation is not to be had."""
    note = "claude goes on" if resumed else "claude is working"
    with run.step(Step.CLAUDE, note, session_id=run.session_id) as facts:
        result = conversation.ask(prompt)
        facts.update(outcome=result.outcome.value, cost_nano=result.cost_nano_usd)
    if resumed and never_began(result):
        run.warn("the earlier conversation cannot be gone on with; starting afresh")
        return from_the_start(run, fresh=True)
    return take_answer(run, tree, conversation, result)


def never_began(result: ClaudeResult) -> bool:
    """Claude does not know the conversation, or cannot send it any more; nothing was spent."""
    return result.outcome in NEVER_BEGAN and result.turns == 0 and result.cost_nano_usd == 0


def take_answer(
    run: Run, tree: WorkTree, conversation: Conversation, result: ClaudeResult, *, repairs: int = 0
) -> Ended:
    """What Claude left is verified and delivered, if there is anything; `repairs` were made already."""
    snapshot = conversation.keep_changes(tree)
    for path in snapshot.left_out:
        run.warn(f"{path} is a repository of its own and cannot be part of the commit")
    if result.outcome is Outcome.DONE:
        run.take_summary(result.text)
    judgement = judge_answer(run.told(result), changed=bool(snapshot.changes), evidence=run.evidence)
    if run.stop.detail:
        judgement = replace(judgement, cause=run.stop.detail)
    if judgement.outcome is not Outcome.DONE:
        return judgement, result.retry_at
    asked = guarding.changed_without_word(run, tree, snapshot.changes)
    if asked is not None:
        return asked, None
    judgement, retry_at = verify(run, tree, conversation, run.evidence.base, repairs=repairs)
    if judgement.outcome in {Outcome.DONE, Outcome.CHECKS_FAILED}:
        run.record.note(judgement=judgement_facts(judgement), summary=run.summary, leaks=[*run.leaks])
        # Checks run what claude wrote: only where there were none is the change known already.
        changes = None if run.tools.checks.commands else snapshot.changes
        judgement = deliver(run, tree, judgement, changes)
    return judgement, retry_at
