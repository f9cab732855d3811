"""What a run leaves of a change that nobody got: patches in its folder or, where git fails, the files themselves."""

from __future__ import annotations

import logging
import shutil

from runner.errors import RunnerError
from runner.git.snapshot import patch_of
from runner.runs.facts import list_of, text_of
from runner.runs.model import Step
from runner.runs.patches import FILES, REST_PATCH
from runner.runs.run import Run

log = logging.getLogger("runner.runs")


def keep_change(run: Run) -> bool:
    """See to it that the run's folder has the whole change; returns whether the work tree may go now."""
    if not run.spoke or run.record.is_done(Step.PUSH) or not run.work_tree.is_dir():
        return True
    try:
        _keep_rest(run)
    except (RunnerError, OSError) as error:
        log.warning("the change of %s cannot be read by git: %s", run.run_id, error)
        return keep_files(run)
    return True


def _keep_rest(run: Run) -> None:
    if run.record.data.get("rebuilding") is True:
        return  # the files are only half there again, and what is missing is no change
    tree = run.tools.clone.work_tree(run.work_tree)
    known = [text_of(tree_id) for tree_id in list_of(run.record.data.get("trees"))]
    # On a newer base the same change looks different; it was kept before.
    if run.rebased or (known and tree.tree_id(run.base.commit_id) == known[-1]):
        return
    rest = patch_of(tree.plot, known[-1]) if known else tree.patch(run.base.commit_id)
    if rest:
        run.record.write(REST_PATCH, run.tools.redactor.without_values(rest))


def keep_files(run: Run) -> bool:
    """Move the work tree, whole, to the run's folder; False when it stays where it is, and a warning says why."""
    target = run.record.folder / FILES
    if not run.tools.clone.is_unreplaced(run.work_tree):
        run.warn(
            f"{run.work_tree} is not the folder that the run worked in: it was left alone, nothing was kept"
        )
        return False
    try:
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Beside each other on one disk: this needs no room.
        run.work_tree.rename(target)
        if not (target / ".git").is_dir():
            (target / ".git").unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be moved: %s", run.work_tree, error)
        run.warn(f"the change is still in {run.work_tree}, and could not be kept: {error.strerror}")
        return False
    return True


def drop_files(run: Run) -> None:
    """Let go of what `keep_files` has kept: all of it is in patches."""
    shutil.rmtree(run.record.folder / FILES, ignore_errors=True)
