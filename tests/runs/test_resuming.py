"""A run that goes on where an earlier one stopped, or starts afresh and says why."""

from __future__ import annotations

import shutil

from runner.tasks.model import Outcome
from tests.runs.world import FIXED, World, run_folder
from tests.support.fake_claude import FakeClaude

HALF = {"half.txt": "half\n"}


def blocked(world: World) -> str:
    """A task that waits for an answer; returns the id of its run."""
    task = world.submit()
    report = world.claim(FakeClaude(writes=HALF, text="QUESTION: which?"))
    world.board.answer(task.id, "This one.")
    return report.run_id


def test_the_unfinished_change_is_there_again(world: World) -> None:
    blocked(world)
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert claude.requests[0].resume
    assert world.origin
    assert world.origin.git("show", f"{report.branch}:half.txt") == "half"


def test_a_conversation_of_another_machine_starts_afresh_and_says_so(world: World) -> None:
    shutil.rmtree(run_folder(world, blocked(world)))
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert not claude.requests[0].resume
    assert "not on this machine" in report.warnings[0]
    assert "This one." in claude.prompts[0]


def test_a_change_that_does_not_fit_any_more_starts_afresh_and_says_so(world: World) -> None:
    blocked(world)
    world.checkout.commit("somebody was faster", {"half.txt": "other\n"})
    world.checkout.git("push", "-q", "origin", "main")
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert report.outcome is Outcome.DONE
    assert not claude.requests[0].resume
    assert any("does not apply any more" in warning for warning in report.warnings)


def test_a_damaged_run_beside_it_is_passed_over_with_a_word(world: World) -> None:
    blocked(world)
    damaged = world.paths.runs / "r-99991231-000000-ffffff"
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert claude.requests[0].resume
    assert any("cannot be read" in warning for warning in report.warnings)


def test_a_run_without_a_result_is_picked_up_as_if_it_had_cost_nothing(world: World) -> None:
    run_id = blocked(world)
    path = run_folder(world, run_id) / "run.json"
    path.write_text(path.read_text().replace('"conversation"', '"no_conversation"'))
    claude = FakeClaude(writes=FIXED)

    world.claim(claude)

    assert claude.requests[0].spent_before_nano_usd == 0
