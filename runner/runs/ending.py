"""The end of a run: tell the queue, settle what it cost, leave nothing behind."""

from __future__ import annotations

import logging
from datetime import datetime

from runner.allowance.model import NANO_PER_USD
from runner.claude.outcome import STOPPED
from runner.errors import LeaseLost, RunnerError, TaskCancelled, UnknownTask
from runner.events.model import EventName
from runner.process.stop import StopReason
from runner.runs.facts import check_facts, ending_facts, ending_of
from runner.runs.judging import Judgement, sentence
from runner.runs.leaving import keep_change
from runner.runs.model import RunReport, Step
from runner.runs.patches import way_to_change
from runner.runs.places import used_by
from runner.runs.record import Json
from runner.runs.run import Run
from runner.tasks.model import Ending, Lease, Outcome, Report

log = logging.getLogger("runner.runs")

CHARGED_AS_FAILED = frozenset(
    {
        Outcome.CHECKS_FAILED,
        Outcome.BUDGET,
        Outcome.TURNS,
        Outcome.TIMEOUT,
        Outcome.OVERLOADED,
        Outcome.CRASHED,
        Outcome.NO_RESULT,
        Outcome.CONTEXT_OVERFLOW,
        Outcome.INVALID_REQUEST,
    }
)
"""Half of their tokens count (the seed's rule); their money counts in full."""

HINTS = {
    Outcome.NEEDS_INPUT: "answer with `runner answer {task} TEXT`",
    Outcome.CHECKS_FAILED: "`runner runs show {run}` has the output of the checks",
    Outcome.BUDGET: "raise the run's cap: `runner allowance set --run-cost USD` or `--run-tokens N`",
    Outcome.TURNS: "raise claude.max_turns, or make the task smaller",
    Outcome.TIMEOUT: "raise claude.timeout_s, or make the task smaller",
    Outcome.AUTH: "sign in with `claude` (or set ANTHROPIC_API_KEY); the task can be claimed again in a minute",
    Outcome.BILLING: "claude says that nobody pays: see your account's billing page",
    Outcome.OVERLOADED: "the next `runner claim` tries again; `runner claim --wait` waits until it is due",
    Outcome.LIMIT_UNTIL: "the task waits for the usage limit to reset; `runner claim --wait` waits with it",
    Outcome.INVALID_REQUEST: "`runner requeue {task}` tries again after a correction",
}


def outcome_of_stop(reason: StopReason | None) -> Outcome:
    """What a run that was told to stop ends as."""
    return STOPPED[reason] if reason else Outcome.CRASHED


def report_ending(run: Run, judgement: Judgement, *, retry_at: datetime | None, resumable: bool) -> Judgement:
    """Tell the queue how it ended; a lost lease is told nothing. Returns what it came to: the lease may be lost."""
    if judgement.outcome is Outcome.LEASE_LOST or run.record.is_done(Step.REPORT):
        return judgement
    artifacts = (run.pull_request,) if run.pull_request else ()
    redact = run.tools.redactor.text
    ending = Ending(
        outcome=judgement.outcome,
        run_id=run.run_id,
        output=run.summary,
        error=redact(judgement.cause),
        artifacts=artifacts,
        question=redact(judgement.question),
        retry_at=retry_at,
        conversation=run.session_id if resumable else None,
    )
    # What a process before this one had decided to tell is told, word for word.
    ending = ending_of(run.record.data.get("ending"), run.run_id) or ending
    run.record.note(ending=ending_facts(ending))
    with run.record.step(Step.REPORT, outcome=ending.outcome.value):
        run.emit(EventName.STEP_STARTED, step=Step.REPORT.value, note="reporting")
        lease = run.heartbeat.lease if run.heartbeat else run.lease
        try:
            run.tools.claims.complete(lease, ending)
        except TaskCancelled:
            log.info("%s was cancelled: there is nobody to report to", run.task.id)
        except UnknownTask:
            run.warn(f"the queue knows nothing of {run.task.id} any more, so nobody was told")
        except LeaseLost as lost:
            if not _was_cancelled(run, lease):
                return Judgement(outcome=Outcome.LEASE_LOST, cause=str(lost))
            log.info("%s was cancelled after it was given back", run.task.id)
    return judgement


def _was_cancelled(run: Run, lease: Lease) -> bool:
    """Whether a person ended the task: of who had given it back the queue only says that they did."""
    if run.stop.reason is StopReason.CANCELLED:
        return True
    try:
        run.tools.claims.renew(lease, Report())
    except TaskCancelled:
        return True
    except (LeaseLost, UnknownTask):
        return False
    return False


def settle(run: Run, outcome: Outcome) -> None:
    """Book what the run has really used; before Claude was started nothing was, and all is given back."""
    spent = run.due
    with run.record.step(Step.SETTLE, cost_nano=spent.cost_nano, tokens=spent.tokens.counted):
        if run.spoke:
            run.tools.ledger.settle(run.held.id, spent, failed=outcome in CHARGED_AS_FAILED)
        else:
            run.tools.ledger.release(run.held.id)
    run.emit(
        EventName.USAGE_SETTLED, tokens=run.usage.tokens.counted, cost_usd=run.usage.cost_nano / NANO_PER_USD
    )


def give_back(run: Run, why: str) -> None:
    """The run ends before Claude did anything: the task is free again and no attempt is used."""
    try:
        run.tools.claims.release(run.lease, note=why)
    except (LeaseLost, UnknownTask) as lost:
        log.info("%s was not given back: %s", run.task.id, lost)


def clean_up(run: Run) -> None:
    """Remove the work tree and the private clone's branch; trouble is logged, the run is over anyway."""
    if not run.branch:
        return
    path = run.work_tree
    with run.record.step(Step.CLEAN_UP, work_tree=str(path)):
        if not keep_change(run):
            return
        try:
            run.tools.clone.remove_work_tree(
                path, unless=lambda: used_by(run.tools.runs, path, but=run.run_id)
            )
        except (RunnerError, OSError) as error:
            log.warning("the work tree %s could not be removed: %s", path, error)
            run.warn(f"the work tree {path} could not be removed: {error}")


def final_report(run: Run, judgement: Judgement, *, kept: str = "") -> RunReport:
    """The run as one value, written to `evidence.json` and, last of all, to `outcome.json`.

    `kept` says where its commit is, if that is kept on a ref.
    """
    # Of a task that somebody else has now, the branch is theirs.
    ours = judgement.outcome is not Outcome.LEASE_LOST
    pushed = run.pull_request is not None or (ours and run.record.is_done(Step.PUSH))
    delivered = judgement.outcome is Outcome.DONE or pushed
    hint = judgement.hint or HINTS.get(judgement.outcome, "").format(task=run.task.id, run=run.run_id)
    if kept:
        hint = " ".join(filter(None, (sentence(hint), kept)))
    elif not delivered and (way := way_to_change(run.record.folder)):
        hint = f"{hint}; the change so far: {way}".removeprefix("; ")
    report = RunReport(
        run_id=run.run_id,
        task_id=run.task.id,
        outcome=judgement.outcome,
        branch=run.branch if delivered else None,
        commits=run.commits if delivered else (),
        pull_request=run.pull_request,
        evidence=run.evidence,
        usage=run.usage,
        reservation=run.held.id,
        cause=run.tools.redactor.text(judgement.cause),
        question=run.tools.redactor.text(judgement.question),
        hint=hint,
        warnings=tuple(run.warnings),
    )
    run.record.write_json("evidence.json", evidence_facts(run))
    run.record.note(outcome=judgement.outcome.value, ended_at=run.tools.now().isoformat())
    run.emit(EventName.RUN_FINISHED, outcome=judgement.outcome.value, cause=judgement.cause)
    run.record.write_json("outcome.json", outcome_facts(report))
    return report


def evidence_facts(run: Run) -> dict[str, Json]:
    evidence = run.evidence
    return {
        "tree": evidence.tree,
        "base": check_facts(evidence.base),
        "result": check_facts(evidence.result),
        "turned_red": [check.command for check in evidence.turned_red],
        "turned_green": [check.command for check in evidence.turned_green],
    }


def outcome_facts(report: RunReport) -> dict[str, Json]:
    """The report as JSON: the schema of `runner claim --json` and of `outcome.json`."""
    usage = report.usage
    tokens = usage.tokens
    warnings: list[Json] = [*report.warnings]
    return {
        "run_id": report.run_id,
        "task_id": report.task_id,
        "outcome": report.outcome.value,
        "branch": report.branch,
        "commits": [*report.commits],
        "pull_request": report.pull_request,
        "checks": {"base": check_facts(report.evidence.base), "result": check_facts(report.evidence.result)},
        "usage": {
            "input_tokens": tokens.input + tokens.cache_creation,
            "cache_read_tokens": tokens.cache_read,
            "output_tokens": tokens.output,
            "cost_usd": usage.cost_nano / NANO_PER_USD,
            "turns": usage.turns,
            "seconds": usage.seconds,
        },
        "reservation": report.reservation,
        "cause": report.cause,
        "question": report.question,
        "hint": report.hint,
        "warnings": warnings,
    }
