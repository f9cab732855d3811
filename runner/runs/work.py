"""One claimed task from work tree to pull request, with every ending accounted for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from runner.errors import (
    BranchMoved,
    GitFailed,
    LeaseUnconfirmed,
    OutsideTrouble,
    RunnerError,
    Stopped,
    TryLater,
)
from runner.events.model import EventName
from runner.git.rule_files import RulesUnreadable
from runner.process.stop import StopReason
from runner.runs import ending, watching
from runner.runs.heartbeat import Heartbeat
from runner.runs.judging import Judgement, first_line, sentence
from runner.runs.model import RunReport, Step
from runner.runs.own_disk import disk_trouble, left_unfinished
from runner.runs.run import Run
from runner.runs.steps import Ended, from_the_start
from runner.runs.unreadable import ask_about
from runner.runs.waiting import DELIVERY_TROUBLE, is_passing, keep_work, let_it_wait, still_kept
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")

KEEPS_CONVERSATION = frozenset({Outcome.NEEDS_INPUT, Outcome.LIMIT_UNTIL, Outcome.CANCELLED})


def work_on(run: Run, steps: Callable[[Run], Ended] = from_the_start) -> RunReport:
    """Do the task, from the start or from where `steps` comes in. A report for every ending after Claude was started.

    Raises:
        DeliveryWaits: the work is done and kept, but cannot be handed over now, or was to stop before; the run stays
            unfinished.
        StoreFailed: our own disk takes no more; the run stays unfinished.
        RunnerError: it ended before Claude was started; claim and reservation are given back, nothing is left behind.
    """
    try:
        with _heartbeat(run) as heartbeat:
            run.heartbeat = heartbeat
            judgement, retry_at = _ended(run, steps)
            return finish(run, judgement, retry_at)
    finally:
        run.stop.hear()
        run.tools.events.remove(run.journal)
        run.record.let_go()


def finish(run: Run, judgement: Judgement, retry_at: datetime | None) -> RunReport:
    """Tell the queue, settle, clean up, write the report; each again and again if need be, with the same effect.

    Raises:
        OutsideTrouble, TryLater: somebody cannot be told; all else is done, and the run stays unfinished.
    """
    if run.spoke and not run.record.is_done(Step.REPORT):
        judgement = watching.answer_for(run, judgement)
    try:
        resumable = judgement.outcome in KEEPS_CONVERSATION
        try:
            judgement = ending.report_ending(run, judgement, retry_at=retry_at, resumable=resumable)
        finally:
            ending.settle(run, judgement.outcome)
            ending.clean_up(run)
        if run.stop.is_put_off:
            run.warn("it was told to stop when the work was done: what was left of it was finished first")
        return ending.final_report(run, judgement, kept=still_kept(run, judgement.outcome))
    except (OutsideTrouble, TryLater) as untold:
        raise left_unfinished(run.run_id, untold) from None


def _heartbeat(run: Run) -> Heartbeat:
    return Heartbeat(
        run.tools.claims,
        run.lease,
        run.stop,
        on_beat=lambda lease: run.emit(EventName.LEASE_RENEWED, fence=lease.fence),
        on_failure=lambda cause: run.emit(EventName.LEASE_FAILED, cause=cause),
    )


def _ended(run: Run, steps: Callable[[Run], Ended]) -> Ended:
    try:
        return steps(run)
    except BaseException as error:  # noqa: BLE001 - what is no ending is raised again
        return _judge_failure(run, error), None


def _judge_failure(run: Run, error: BaseException) -> Judgement:
    """What a run amounts to that broke off; re-raises what is no ending of a started run.

    Trouble with our own disk is none: there is nowhere to write one down. Such a run is gone on with like a killed one.
    """
    if isinstance(error, GitFailed):
        run.tools.clone.suspect(error)
    trouble = disk_trouble(error.__cause__ or error if isinstance(error, LeaseUnconfirmed) else error)
    if run.spoke and trouble is not None:
        raise left_unfinished(run.run_id, trouble) from error
    if not run.spoke or not isinstance(error, RunnerError):
        try:
            _undo(run, error)
        except (OutsideTrouble, TryLater) as later:
            raise left_unfinished(run.run_id, later) from error
        raise error
    if isinstance(error, Stopped):
        return _judge_stop(run, error)
    if run.commits and isinstance(error, DELIVERY_TROUBLE):
        if is_passing(error):
            raise let_it_wait(run, error)
        return _needs_a_person(run, error)
    if isinstance(error, BranchMoved):
        return _needs_a_person(run, error)
    if isinstance(error, RulesUnreadable):
        return ask_about(run, error)
    log.warning("run %s broke off: %s", run.run_id, error)
    return Judgement(
        outcome=Outcome.CRASHED, cause=first_line(run.tools.redactor.text(str(error))), hint=error.hint
    )


def _judge_stop(run: Run, stopped: Stopped) -> Judgement:
    """What is judged already is not done again: the next claim delivers it."""
    if run.stop.reason is StopReason.INTERRUPTED and run.record.data.get("judgement"):
        raise let_it_wait(run, stopped)
    cause = str(stopped).removeprefix("stopped: ")
    return Judgement(outcome=ending.outcome_of_stop(run.stop.reason), cause=cause)


def _needs_a_person(run: Run, error: RunnerError) -> Judgement:
    words = (sentence(str(error)), sentence(error.hint), keep_work(run))
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=first_line(run.tools.redactor.text(str(error))),
        question=" ".join(filter(None, words)),
    )


def _undo(run: Run, error: BaseException) -> None:
    """Nothing may stay held or lying about when the error goes on its way to the person."""
    why = first_line(run.tools.redactor.text(str(error))) or type(error).__name__
    ending.give_back(run, why=f"given back: {why}")
    ending.settle(run, Outcome.CANCELLED)
    ending.clean_up(run)
    ending.final_report(run, Judgement(outcome=Outcome.CANCELLED, cause=f"given back: {why}"))
