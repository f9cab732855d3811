"""Going on where an earlier run of the same task stopped: its conversation and its unfinished change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runner.allowance.model import Tokens
from runner.claude.protocol import ClaudeResult
from runner.claude.recording import Recorded, read_spent
from runner.claude.resumption import Earlier, why_afresh
from runner.errors import GitFailed, StoreFailed
from runner.git.putting_back import put_back
from runner.git.work_tree import WorkTree
from runner.runs.facts import outcome_of, text_of, usage_of
from runner.runs.patches import FILES, START_PATCH, patch_files, way_to_change
from runner.runs.record import Json, list_runs, read_json
from runner.runs.run import Run
from runner.tasks.model import Outcome


def pick_up(run: Run, tree: WorkTree, *, fresh: bool = False) -> ClaudeResult | None:
    """The last result of the task's kept conversation, its change put back into the tree.

    None means to start a new conversation: nothing was kept, it was kept on another machine, its change does not apply
    to this base any more, or going on with it does not pay; `fresh` says so from the start. The change is put back in
    the last two cases too.
    """
    (run.record.folder / START_PATCH).unlink(missing_ok=True)
    session_id = run.task.conversation
    if session_id is None:
        return None
    earlier = _runs_of(run, session_id)
    if not earlier:
        if not fresh:
            run.warn("the earlier conversation is not on this machine; starting afresh")
        return None
    if not _put_back(run, tree, earlier[0].folder) or fresh:
        return None
    if why := why_afresh(_so_far(run, session_id, earlier)):
        run.warn(f"claude starts a new conversation, with the change so far: {why}")
        return None
    return told_result(session_id, earlier[0].data.get("conversation"))


@dataclass(frozen=True, slots=True)
class _Before:
    """An earlier run that held the conversation."""

    folder: Path
    data: dict[str, Json]


def _runs_of(run: Run, session_id: str) -> tuple[_Before, ...]:
    """The runs of this machine that held the conversation, newest first."""
    found: list[_Before] = []
    for folder in list_runs(run.tools.runs):
        try:
            data = read_json(folder / "run.json")
        except StoreFailed as damaged:
            run.warn(str(damaged))
            continue
        if data.get("session_id") == session_id and data["id"] != run.run_id:
            found.append(_Before(folder, data))
    # Ids tell the second; several runs may have begun in one.
    return tuple(sorted(found, key=lambda before: text_of(before.data.get("started_at")), reverse=True))


def _put_back(run: Run, tree: WorkTree, folder: Path) -> bool:
    """Make the change of an earlier run in the files; returns whether all of it is there, else nothing is."""
    if (folder / FILES).is_dir():
        run.warn(f"git could not read the earlier change, starting afresh; {way_to_change(folder)}")
        return False
    base = run.base.commit_id
    try:
        for patch in patches_of(folder):
            tree.apply(patch)
    except GitFailed as error:
        run.warn(f"the earlier change does not apply any more, starting afresh: {error}")
        put_back(tree, base, tree.begun_as(base))
        return False
    if change := tree.patch(base):
        run.record.write(START_PATCH, run.tools.redactor.without_values(change))
    return True


def _so_far(run: Run, session_id: str, runs: tuple[_Before, ...]) -> Earlier:
    """What is known of the conversation, from the records and streams of the runs that held it."""
    told = told_result(session_id, runs[0].data.get("conversation"))
    spent = sum(usage_of(before.data.get("usage")).cost_nano for before in runs)
    answered = next(((before, found) for before in runs if (found := _answered(before.folder))), None)
    silent = runs[: runs.index(answered[0])] if answered else runs
    stream, recorded = answered[1] if answered else (None, None)
    return Earlier(
        session_id=session_id,
        outcome=outcome_of(runs[0].data.get("outcome")),
        context_tokens=recorded.context_tokens if recorded else 0,
        spent_nano_usd=max(told.total_cost_nano_usd, spent),
        idle_s=max(0.0, run.tools.now().timestamp() - stream.stat().st_mtime) if stream else 0.0,
        model=recorded.model if recorded else "",
        next_model=run.held.model,
        window_tokens=recorded.window_tokens if recorded else 0,
        # A usage limit says nothing about the conversation.
        resumes_in_vain=sum(before.data.get("outcome") != Outcome.LIMIT_UNTIL.value for before in silent),
    )


def _answered(folder: Path) -> tuple[Path, Recorded] | None:
    """The run's newest call in which Claude said anything; None when there was none."""
    streams = (*folder.glob("stream*.jsonl"), *folder.glob("cut-off-*.jsonl"))
    for stream in sorted(streams, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        recorded = read_spent(stream)
        if recorded.context_tokens:
            return stream, recorded
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
