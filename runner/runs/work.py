"""One claimed task from work tree to pull request, with every ending accounted for."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from datetime import datetime

from runner.claude.protocol import ClaudeResult
from runner.context.model import Bundle
from runner.context.tokens import estimate_tokens
from runner.errors import BranchMoved, RunnerError, Stopped
from runner.events.model import EventName
from runner.git.work_tree import WorkTree
from runner.runs import delivering, ending, preparing, resuming
from runner.runs.ahead import Ahead
from runner.runs.conversing import Conversation
from runner.runs.heartbeat import Heartbeat
from runner.runs.judging import Judgement, first_line, judge_answer
from runner.runs.model import Check, Evidence, RunReport, Step
from runner.runs.prompting import task_prompt
from runner.runs.run import Run
from runner.runs.verifying import verify
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")

KEEPS_CONVERSATION = frozenset({Outcome.NEEDS_INPUT, Outcome.LIMIT_UNTIL})


def work_on(run: Run) -> RunReport:
    """Do the task. Returns a report for every ending after Claude was started.

    Raises:
        RunnerError: it ended before that; claim and reservation are given back, nothing is left behind.
    """
    try:
        with _heartbeat(run) as heartbeat:
            run.heartbeat = heartbeat
            judgement, retry_at = _attempt_or_failure(run)
            _end(run, judgement, retry_at)
        return ending.final_report(run, judgement)
    finally:
        run.tools.events.remove(run.journal)


def _heartbeat(run: Run) -> Heartbeat:
    return Heartbeat(
        run.tools.claims,
        run.lease,
        run.stop,
        on_beat=lambda lease: run.emit(EventName.LEASE_RENEWED, fence=lease.fence),
        on_failure=lambda cause: run.emit(EventName.LEASE_FAILED, cause=cause),
    )


def _attempt_or_failure(run: Run) -> tuple[Judgement, datetime | None]:
    try:
        return _attempt(run)
    except BaseException as error:  # noqa: BLE001 - what is no ending is raised again
        return _judge_failure(run, error), None


def _judge_failure(run: Run, error: BaseException) -> Judgement:
    """What a run amounts to that broke off; re-raises what is no ending of a started run."""
    if not run.spoke or not isinstance(error, RunnerError):
        _undo(run, error)
        raise error
    if isinstance(error, Stopped):
        return Judgement(outcome=ending.outcome_of_stop(run.stop.reason), cause=str(error))
    if isinstance(error, BranchMoved):
        return Judgement(
            outcome=Outcome.NEEDS_INPUT, cause=str(error), question=f"{error} {error.hint}".strip()
        )
    log.warning("run %s broke off: %s", run.run_id, error)
    return Judgement(outcome=Outcome.CRASHED, cause=first_line(str(error)), hint=error.hint)


def _undo(run: Run, error: BaseException) -> None:
    """Nothing may stay held or lying about when the error goes on its way to the person."""
    ending.give_back(run, why=f"given back: {first_line(str(error)) or type(error).__name__}")
    ending.settle(run, Outcome.CANCELLED)
    ending.clean_up(run)


def _end(run: Run, judgement: Judgement, retry_at: datetime | None) -> None:
    try:
        ending.report_ending(
            run, judgement, retry_at=retry_at, resumable=judgement.outcome in KEEPS_CONVERSATION
        )
    finally:
        ending.settle(run, judgement.outcome)
        ending.clean_up(run)


def _attempt(run: Run) -> tuple[Judgement, datetime | None]:
    """The steps in their order, up to the pull request."""
    context = Ahead(lambda: preparing.gather(run), name="context")
    try:
        return _steps(run, context)
    finally:
        context.wait()


def _steps(run: Run, context: Ahead[Bundle]) -> tuple[Judgement, datetime | None]:
    tree = preparing.make_work_tree(run)
    before = preparing.check_base(run, tree)
    run.evidence = Evidence(base=before)
    earlier = resuming.pick_up(run, tree)
    run.session_id = run.task.conversation if earlier and run.task.conversation else str(uuid.uuid4())
    text = task_prompt(run, preparing.take_context(run, context), resumed=earlier is not None)
    prompt = run.tools.redactor.text(text)
    run.record.write("prompt.md", prompt.encode())
    preparing.resize_hold(run, estimate_tokens(prompt))

    conversation = Conversation(run, tree_id=tree.tree_id(run.base.commit_id), before=earlier)
    with run.step(Step.CLAUDE, "claude is working", session_id=run.session_id) as facts:
        result = conversation.ask(prompt)
        facts.update(outcome=result.outcome.value, cost_nano=result.cost_nano_usd)
    return _take_answer(run, tree, conversation, result, before)


def _take_answer(
    run: Run,
    tree: WorkTree,
    conversation: Conversation,
    result: ClaudeResult,
    before: tuple[Check, ...],
) -> tuple[Judgement, datetime | None]:
    snapshot = conversation.keep_changes(tree)
    for path in snapshot.left_out:
        run.warn(f"{path} is a repository of its own and cannot be part of the commit")
    run.summary = run.tools.redactor.text(result.text.strip()) if result.outcome is Outcome.DONE else ""
    judgement = judge_answer(result, changed=bool(snapshot.changes))
    if run.stop.detail:
        judgement = replace(judgement, cause=run.stop.detail)
    if judgement.outcome is Outcome.DONE:
        judgement, retry_at = verify(run, tree, conversation, before)
        if judgement.outcome in {Outcome.DONE, Outcome.CHECKS_FAILED}:
            _deliver(run, tree, judgement)
        return judgement, retry_at
    return judgement, result.retry_at


def _deliver(run: Run, tree: WorkTree, judgement: Judgement) -> None:
    red = judgement.outcome is Outcome.CHECKS_FAILED
    if red and run.policy.on_red == "none":
        return
    delivering.commit(run, tree)
    delivering.deliver_branch(run, tree)
    if run.policy.pull_request:
        delivering.open_pull_request(run, unproven=red)
