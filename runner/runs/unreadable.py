"""A change that git cannot look at, since a pipe or the like is in the place of its rules: a person is asked."""

from __future__ import annotations

import logging

from runner.errors import RunnerError
from runner.git.rule_files import RulesUnreadable, take_out_unreadable
from runner.runs.ending import outcome_of_stop
from runner.runs.judging import Judgement, first_line
from runner.runs.run import Run
from runner.tasks.model import Outcome

log = logging.getLogger("runner.runs")


def ask_about(run: Run, error: RulesUnreadable) -> Judgement:
    """The question, unless the run was told to stop anyway.

    What is in the way is taken out first, so that the rest of the change is kept and gone on with. Where
    that fails, the files are kept as they are: see `leaving`.
    """
    told = run.tools.redactor.text(str(error))
    names = _taken_out(run)
    if run.stop.is_set():
        return Judgement(outcome=outcome_of_stop(run.stop.reason), cause=run.stop.detail or first_line(told))
    done = (
        f"The change without {', '.join(names)} is kept. Answer what to do; Claude goes on from there."
        if names
        else "The files are kept as they are. Answer what to do; Claude starts afresh."
    )
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=first_line(told),
        question=f"Claude, or what it ran, left a change that cannot be looked at: {told}. {done}",
    )


def _taken_out(run: Run) -> tuple[str, ...]:
    try:
        return take_out_unreadable(run.tools.clone.work_tree(run.work_tree).plot)
    except (RunnerError, OSError) as trouble:
        log.warning("what git cannot read in %s stays there: %s", run.work_tree, trouble)
        return ()
