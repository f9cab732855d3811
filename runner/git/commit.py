"""One commit of ours on the base, with the developer's hooks and signature."""

from __future__ import annotations

import shutil

from runner.errors import GitFailed, RunnerError
from runner.git.ground import put
from runner.git.hooks import git_with_hooks
from runner.git.plot import Plot
from runner.git.program import Reach, failure
from runner.git.snapshot import leave_out_brought, take_snapshot
from runner.process.run import Completed
from runner.process.stop import Stop


def commit_work(
    plot: Plot, base: str, message: str, *, sign_off: bool, timeout_s: float, stop: Stop | None
) -> str:
    """Make our branch the commit `base` plus one with all that changed; returns its id.

    Commits that the agent made, on whatever branch, are collapsed into it. A hook that refuses and has rewritten
    files (a formatter) gets one more try with what it wrote.

    Raises:
        RunnerError: nothing has changed.
        GitFailed: a hook refuses, the identity is missing, or signing failed; the message has their words.
    """
    snapshot = take_snapshot(plot, base, stop)
    if not snapshot.changes:
        raise RunnerError("there is nothing to commit", hint="the work tree is as its base is")
    # Whitespace only: the default of some settings would drop lines that begin with a comment character.
    command = ("commit", "--quiet", "--file=-", "--cleanup=whitespace", *(("--signoff",) if sign_off else ()))

    def attempt() -> Completed:
        plot.stand_on(base)
        index = plot.git_dir / "index"
        shutil.copy2(plot.index, index)
        leave_out_brought(plot, plot.git.with_index(index), base)
        text = message.encode(errors="replace")
        with git_with_hooks(plot) as git:
            return git.ask(*command, reach=Reach.COMMITTING, input_bytes=text, timeout_s=timeout_s, stop=stop)

    done = attempt()
    if done.exit_code != 0:
        again = take_snapshot(plot, base, stop)
        if again.changes and again.tree_id != snapshot.tree_id:
            done = attempt()
    if done.exit_code != 0:
        raise _refusal(done)
    commit_id = _only_commit(plot, base)
    put(plot.commit_file, commit_id.encode())
    return commit_id


def _refusal(done: Completed) -> GitFailed:
    error = failure(done, "the commit was refused")
    hint = error.hint or "a hook of the repository said no: mend what it names, or say in your answer how to"
    return GitFailed(str(error), hint=hint)


def _only_commit(plot: Plot, base: str) -> str:
    listed = plot.git.text("rev-list", "--parents", f"{base}..refs/heads/{plot.branch}").split()
    if len(listed) != 2 or listed[1] != base:
        raise GitFailed(
            f"the history of {plot.branch} is not one commit on its base", hint="a hook has changed it"
        )
    return listed[0]
