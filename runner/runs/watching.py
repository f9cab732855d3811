"""The developer's checkout while a run works: looked at before and after, and the run answers for what it changed."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from runner.errors import RunnerError
from runner.runs.alibi import Alibi, Verdict, begin_alibi, check_alibi, end_alibi, open_alibi, uses_in
from runner.runs.judging import Judgement
from runner.runs.run import Run
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")


def begin(run: Run) -> Alibi:
    """Look at the checkout before Claude is started, and keep what is unsaved in it.

    Raises:
        GitFailed, ChildTimedOut, StoreFailed, Busy: it cannot be read or kept; then Claude is not started.
    """
    tools = run.tools
    return begin_alibi(
        tools.clone,
        run.run_id,
        run.record.folder,
        ours=tools.own_folders,
        at=int(tools.now().timestamp()),
    )


def broken_alibi(run: Run) -> Judgement | None:
    """The ending of a run that changed the checkout, with the way back; None when it did not."""
    verdict = look(run)
    if verdict is None or not verdict.ours:
        run.alibi_held = verdict is not None
        return None
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=verdict.cause,
        question=f"{verdict.cause}. {verdict.hint}".strip(),
        hint=verdict.hint,
    )


def look(run: Run) -> Verdict | None:
    """Look again, and note whose the differences are; None when nothing was looked at before.

    Raises:
        GitFailed, ChildTimedOut: the checkout cannot be read any more.
    """
    alibi = open_alibi(run.run_id, run.record.folder)
    if alibi is None:
        return None
    verdict = check_alibi(
        alibi,
        run.tools.clone,
        run.work_tree,
        uses=uses_in(run.record.folder),
        home=run.tools.home,
        ours=run.tools.own_folders,
        expected=(f"refs/heads/{run.branch}",),
    )
    run.record.note(
        checkout={
            "by_the_run": [item.told() for item in verdict.ours],
            "by_others": [item.told() for item in verdict.theirs],
            "may_be_missed": [item.told() for item in verdict.missed],
        }
    )
    run.verdict = verdict
    return verdict


def answer_for(run: Run, judgement: Judgement) -> Judgement:
    """The last look, when all else is done: what was judged, or that the checkout was changed by the run."""
    if run.alibi_held and not _has_hooks(run):
        return _without(run, judgement)  # since the last look nothing ran but git and gh
    try:
        broken = broken_alibi(run)
    except RunnerError as error:
        log.warning("the checkout could not be looked at again: %s", error)
        run.warn(f"your checkout could not be looked at again: {error}")
        return judgement
    return _without(run, judgement) if broken is None else replace(broken, hint=broken.hint or judgement.hint)


def _without(run: Run, judgement: Judgement) -> Judgement:
    """What was kept of the checkout is needed no longer; unless something is missing that only this copy has."""
    if run.verdict is not None and run.verdict.missed:
        # Nobody saw who did it: it may have been a program that the checks started.
        run.warn(run.verdict.warning)
        return judgement
    if warning := end_alibi(run.tools.clone, run.run_id):
        run.warn(warning)
    return judgement


def _has_hooks(run: Run) -> bool:
    """Whether the developer has hooks that a commit or a push of ours runs; they may run what Claude wrote."""
    folder = run.tools.clone.ground.carried.hooks
    try:
        return any(os.access(path, os.X_OK) and path.suffix != ".sample" for path in folder.iterdir())
    except OSError:
        return False
