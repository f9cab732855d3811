"""A recorded run once more, offline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.claude.protocol import ClaudeRequest, ClaudeResult, ClaudeRunner
from runner.claude.recorded import RecordedClaude
from runner.errors import ClaudeNotStarted, Stopped, StoreFailed
from runner.git.clone import PrivateClone
from runner.git.repository import Repository
from runner.process.stop import Stop, StopReason
from runner.runs.record import open_run
from runner.runs.replaying import Replay, Replayer, replay_facts
from runner.tasks.model import Outcome
from tests.runs.world import CALC_CHECK, FIXED, World
from tests.support.fake_claude import FakeClaude


def replayer(world: World) -> Replayer:
    checkout = Repository.open(world.checkout.path, source=world.environ)
    clone = PrivateClone.ensure(checkout, world.paths.clones)

    def apply(work_tree: Path, patch: bytes) -> None:
        clone.work_tree(work_tree).apply(patch)

    def recorded(folder: Path) -> ClaudeRunner:
        return RecordedClaude(folder, apply)

    return Replayer(clone=clone, claude=recorded, checks=world.checks(), work_trees=world.paths.worktrees)


def play(world: World, run_id: str) -> Replay:
    return replayer(world).replay(open_run(world.paths.runs, run_id), Stop())


def test_a_replay_comes_out_as_the_run_did_twice(world: World) -> None:
    world.commands = (CALC_CHECK,)
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    before = world.fingerprint()

    first, second = play(world, report.run_id), play(world, report.run_id)

    assert first == second
    assert (first.outcome, first.same_tree, first.changes) == (Outcome.DONE, True, ("calc.py",))
    assert first.tree == report.evidence.tree
    assert first.checks == ((CALC_CHECK, 0),)
    assert first.cost_nano == report.usage.cost_nano
    assert world.fingerprint() == before
    assert world.leftovers() == []


def test_a_replay_hears_that_it_is_to_stop_while_the_files_are_looked_at(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    stop = Stop()
    usual = replayer(world)

    class Interrupted:
        """Ctrl-C comes when the last answer is there."""

        def __init__(self, folder: Path) -> None:
            self._claude = usual.claude(folder)

        def run(self, request: ClaudeRequest, **more: Any) -> ClaudeResult:
            result = self._claude.run(request, **more)
            stop.set(StopReason.INTERRUPTED)
            return result

    with pytest.raises(Stopped):
        replace(usual, claude=Interrupted).replay(open_run(world.paths.runs, report.run_id), stop)

    assert world.leftovers() == []


def test_a_replay_runs_the_checks_of_the_run_and_not_those_of_today(world: World) -> None:
    world.commands = (CALC_CHECK,)
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    world.commands = ("python3 -c pass",)

    assert play(world, report.run_id).checks == ((CALC_CHECK, 0),)


def test_a_repaired_run_is_replayed_call_by_call(world: World) -> None:
    world.checkout.commit("guard", {"still_right.py": "from calc import add\nassert add(5, 0) == 5\n"})
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = ("python3 still_right.py",)
    world.submit()
    broken = {"calc.py": "def add(a, b):\n    return 0\n"}
    report = world.claim(FakeClaude(writes=broken, repairs=(FIXED,)))

    replay = play(world, report.run_id)

    assert (replay.outcome, replay.same_tree) == (Outcome.DONE, True)
    assert replay.cost_nano == report.usage.cost_nano


def test_a_run_that_picked_up_an_earlier_one_is_replayed_with_what_it_found(world: World) -> None:
    task = world.submit()
    world.claim(FakeClaude(writes={"half.txt": "half\n"}, text="QUESTION: go on?"))
    world.board.answer(task.id, "yes")
    report = world.claim(FakeClaude(writes=FIXED))

    replay = play(world, report.run_id)

    assert replay.same_tree
    assert replay.changes == ("calc.py", "half.txt")


def test_a_question_is_replayed_as_one(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(text="QUESTION: red or blue?"))

    replay = play(world, report.run_id)

    assert (replay.outcome, replay.cause) == (Outcome.NEEDS_INPUT, "red or blue?")


def test_the_facts_of_a_replay_hold_no_time(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))

    facts = replay_facts(play(world, report.run_id))

    assert sorted(facts) == ["cause", "changes", "checks", "outcome", "run_id", "same_tree", "tree", "usage"]


def test_a_changed_recording_is_noticed(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    (world.paths.runs / report.run_id / "changes.patch").unlink()

    replay = play(world, report.run_id)

    assert (replay.same_tree, replay.outcome) == (False, Outcome.DONE_NO_CHANGE)


def test_a_patch_that_does_not_fit_is_told_and_nothing_is_left(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    (world.paths.runs / report.run_id / "changes.patch").write_text("not a patch")

    with pytest.raises(ClaudeNotStarted):
        play(world, report.run_id)

    assert world.leftovers() == []


def test_a_run_in_which_claude_never_answered_cannot_be_replayed(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    (world.paths.runs / report.run_id / "stream.jsonl").unlink()

    with pytest.raises(StoreFailed, match="never answered"):
        play(world, report.run_id)


def test_a_run_without_a_work_tree_cannot_be_replayed(world: World) -> None:
    world.submit()
    report = world.claim(FakeClaude(writes=FIXED))
    record = open_run(world.paths.runs, report.run_id)
    del record.data["base"]
    record.save()

    with pytest.raises(StoreFailed, match="before it had a work tree"):
        play(world, report.run_id)
