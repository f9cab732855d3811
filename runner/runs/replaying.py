"""`runner replay`: a recorded run once more, offline, on the same base; nothing is spent, claimed or pushed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.claude.protocol import ClaudeRequest, ClaudeResult, ClaudeRunner, Message
from runner.errors import StoreFailed
from runner.git.clone import PrivateClone
from runner.git.model import Base
from runner.git.work_tree import WorkTree
from runner.process.stop import Stop
from runner.runs.checks import Checks
from runner.runs.judging import Judgement, judge_answer, judge_evidence
from runner.runs.model import Check, Evidence
from runner.runs.patches import START_PATCH
from runner.runs.record import Json, RunRecord
from runner.runs.resuming import told_result
from runner.tasks.model import Outcome

MOST_CALLS = 100
"""A run asks Claude once, and once more for each repair; no setting allows this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a recorded run comes to when it is played again; equal each time, so it has no times in it."""

    run_id: str
    outcome: Outcome
    cause: str
    tree: str
    changes: tuple[str, ...]
    cost_nano: int
    tokens: int
    checks: tuple[tuple[str, int], ...]
    """Each check on the result: command and exit code."""
    same_tree: bool
    """Whether the files came out as the recorded run left them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayer:
    """What replaying needs."""

    clone: PrivateClone
    claude: Callable[[Path], ClaudeRunner]
    checks: Checks
    work_trees: Path

    def replay(self, record: RunRecord, stop: Stop) -> Replay:
        """Play a run again from its folder.

        Raises:
            StoreFailed: the folder does not say what it started from, or Claude never answered in it.
            GitFailed: the base commit is gone.
            ClaudeNotStarted: the recording is damaged, or does not fit its own base.
            Stopped: `stop` was set.
        """
        base = recorded_base(record)
        path = self.work_trees / "replay" / record.run_id
        tree = self.clone.add_work_tree(path, f"replay/{record.run_id}", base, stop=stop)
        try:
            return self._play(record, tree, base, stop)
        finally:
            self.clone.remove_work_tree(path)

    def _play(self, record: RunRecord, tree: WorkTree, base: Base, stop: Stop) -> Replay:
        checks = self.checks.only(recorded_commands(record))
        before = checks.run_base(tree.path, tree.tree_id(base.commit_id), stop=stop)
        start = record.folder / START_PATCH
        if start.exists():
            tree.apply(start.read_bytes())
        results = self._answers(record, tree, stop)
        snapshot = tree.snapshot(base.commit_id, stop=stop)
        judgement = judge_answer(results[-1], changed=bool(snapshot.changes))
        after: tuple[Check, ...] = ()
        if judgement.outcome is Outcome.DONE:
            after = checks.run_all(tree.path, stop=stop)
            judgement = judge_evidence(Evidence(base=before, result=after))
        return Replay(
            run_id=record.run_id,
            outcome=judgement.outcome,
            cause=_cause(judgement),
            tree=snapshot.tree_id,
            changes=snapshot.changes,
            cost_nano=sum(result.cost_nano_usd for result in results),
            tokens=sum(result.tokens.counted for result in results),
            checks=tuple((check.command, check.exit_code) for check in after),
            same_tree=snapshot.tree_id == _recorded_tree(record),
        )

    def _answers(self, record: RunRecord, tree: WorkTree, stop: Stop) -> list[ClaudeResult]:
        """Every recorded call in its order; each puts its changes into the files."""
        claude = self.claude(record.folder)
        session = str(record.data.get("session_id") or record.run_id)
        calls = len(list(record.folder.glob("stream*.jsonl")))
        if not 0 < calls < MOST_CALLS:
            raise StoreFailed(
                f"{record.folder}: claude never answered in this run", hint="replay another one"
            )
        before = told_result(session, record.data.get("conversation_before"))
        results: list[ClaudeResult] = []
        for _ in range(calls):
            last = results[-1] if results else before
            request = ClaudeRequest(
                prompt=lambda: "",
                workdir=tree.path,
                session_id=session,
                resume=last is not before or last.total_cost_nano_usd > 0,
                spent_before_nano_usd=last.total_cost_nano_usd,
                tokens_before=last.total_tokens,
            )
            results.append(claude.run(request, on_message=_ignore, on_line=_ignore, stop=stop))
        return results


def recorded_base(record: RunRecord) -> Base:
    """The commit a run started from. Raises: StoreFailed (it never came that far)."""
    base = record.data.get("base")
    if not isinstance(base, dict):
        raise StoreFailed(
            f"{record.folder}: this run ended before it had a work tree", hint="replay another one"
        )
    return Base(branch=str(base.get("branch")), commit_id=str(base.get("commit")), remote=None)


def recorded_commands(record: RunRecord) -> tuple[str, ...]:
    """The checks of the run, whatever the settings say today; they were trusted then."""
    commands = record.data.get("checks")
    return tuple(map(str, commands)) if isinstance(commands, list) else ()


def replay_facts(replay: Replay) -> dict[str, Json]:
    """The schema of `runner replay --json`: the same twice for the same run."""
    return {
        "run_id": replay.run_id,
        "outcome": replay.outcome.value,
        "cause": replay.cause,
        "tree": replay.tree,
        "same_tree": replay.same_tree,
        "changes": [*replay.changes],
        "checks": [{"command": command, "exit_code": code} for command, code in replay.checks],
        "usage": {"counted_tokens": replay.tokens, "cost_usd": replay.cost_nano / 1e9},
    }


def _recorded_tree(record: RunRecord) -> str:
    # Set-up is not played again, so what it brought is not there.
    tree = record.data.get("to_commit") or record.data.get("tree")
    return tree if isinstance(tree, str) else ""


def _cause(judgement: Judgement) -> str:
    return judgement.question or judgement.cause


def _ignore(_: Message | bytes) -> None:
    """Nobody watches a replay."""
