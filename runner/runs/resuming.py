"""Going on where an earlier run of the same task stopped: its conversation and its unfinished change."""

from __future__ import annotations

from pathlib import Path

from runner.allowance.model import Tokens
from runner.claude.protocol import ClaudeResult
from runner.errors import GitFailed, StoreFailed
from runner.git.work_tree import WorkTree
from runner.runs.patches import START_PATCH, patch_files
from runner.runs.record import Json, list_runs, read_json
from runner.runs.run import Run
from runner.tasks.model import Outcome


def pick_up(run: Run, tree: WorkTree) -> ClaudeResult | None:
    """The last result of the task's kept conversation, its change put back into the tree.

    None means to start afresh: nothing was kept, it was kept on another machine, or its change does not
    apply to this base any more.
    """
    if run.task.conversation is None:
        return None
    earlier = _find(run, run.task.conversation)
    if earlier is None:
        run.warn("the earlier conversation is not on this machine; starting afresh")
        return None
    try:
        for patch in earlier[1]:
            tree.apply(patch)
    except GitFailed as error:
        run.warn(f"the earlier change does not apply any more, starting afresh: {error}")
        return None
    run.record.write(START_PATCH, run.tools.redactor.without_values(tree.patch(run.base.commit_id)))
    return earlier[0]


def _find(run: Run, session_id: str) -> tuple[ClaudeResult, tuple[bytes, ...]] | None:
    """The newest run of this machine that held the conversation: its last result and its changes, in order."""
    for folder in list_runs(run.tools.runs):
        try:
            data = read_json(folder / "run.json")
        except StoreFailed as damaged:
            run.warn(str(damaged))
            continue
        if data.get("session_id") == session_id and data["id"] != run.run_id:
            return told_result(session_id, data.get("conversation")), patches_of(folder)
    return None


def patches_of(folder: Path) -> tuple[bytes, ...]:
    """All changes of a run, in the order in which they apply to its base."""
    return tuple(path.read_bytes() for path in patch_files(folder))


def told_result(session_id: str, facts: Json) -> ClaudeResult:
    """What a conversation had cost at its last result, from the facts that `run.json` keeps of it."""
    facts = facts if isinstance(facts, dict) else {}
    cost, tokens = facts.get("total_cost_nano"), facts.get("total_tokens")
    counts = (
        {name: count for name, count in tokens.items() if isinstance(count, int)}
        if isinstance(tokens, dict)
        else {}
    )
    return ClaudeResult(
        outcome=Outcome.NO_RESULT,
        text="",
        tokens=Tokens(),
        cost_nano_usd=0,
        session_id=session_id,
        total_cost_nano_usd=cost if isinstance(cost, int) else 0,
        total_tokens=Tokens(**counts),
    )
