"""A run that goes on where an earlier one stopped, or starts afresh and says why."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import Any

import pytest

from runner.claude.answer import unstarted
from runner.claude.protocol import ClaudeRequest, ClaudeResult
from runner.runs.patches import way_to_change
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


def edit(world: World, run_id: str, name: str, old: str, new: str) -> None:
    path = run_folder(world, run_id) / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("stream.jsonl", '"input_tokens": 10,', '"input_tokens": 190000,', "is too long to go on with"),
        ("stream.jsonl", '"input_tokens": 10,', '"input_tokens": 90000,', "costs more than it has cost"),
        ("stream.jsonl", '"assistant"', '"noise"', "nothing was answered in the conversation"),
        ("run.json", '"needs_input"', '"invalid_request"', "the API refuses this conversation"),
    ],
)
def test_a_conversation_that_does_not_pay_starts_afresh_with_the_change_and_says_why(
    world: World, name: str, old: str, new: str, why: str
) -> None:
    run_id = blocked(world)
    edit(world, run_id, name, old, new)
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    (request,) = claude.requests
    assert (request.resume, request.spent_before_nano_usd) == (False, 0)
    assert (
        request.session_id != json.loads((run_folder(world, run_id) / "run.json").read_text())["session_id"]
    )
    assert any(why in warning for warning in report.warnings)
    assert "its unfinished change is in the files already" in claude.prompts[0]
    assert "This one." in claude.prompts[0]
    assert world.origin
    assert world.origin.git("show", f"{report.branch}:half.txt") == "half"
    assert way_to_change(run_folder(world, report.run_id)).count(".patch") == 2


def in_vain(world: World, outcome: str) -> None:
    """One more run that went on with the conversation, and in which nothing was answered."""
    report = world.claim(FakeClaude(outcome=Outcome.LIMIT_UNTIL))
    edit(world, report.run_id, "run.json", '"limit_until"', f'"{outcome}"')
    (run_folder(world, report.run_id) / "stream.jsonl").unlink()
    world.ahead += timedelta(hours=1)


@pytest.mark.parametrize(("outcome", "resumed"), [("cancelled", False), ("limit_until", True)])
def test_going_on_in_vain_is_tried_twice_and_a_usage_limit_is_no_try(
    world: World, outcome: str, resumed: bool
) -> None:
    blocked(world)
    for _ in range(2):
        in_vain(world, outcome)
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert claude.requests[0].resume is resumed
    assert any("came to nothing" in warning for warning in report.warnings) is not resumed
    assert world.origin
    assert world.origin.git("show", f"{report.branch}:half.txt") == "half"


def test_a_change_that_git_could_not_read_is_told_and_not_put_back(world: World) -> None:
    run_id = blocked(world)
    files = run_folder(world, run_id) / "files"
    files.mkdir()
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert not claude.requests[0].resume
    assert f"the files are in {files}" in report.warnings[0]
    assert "unfinished change" not in claude.prompts[0]
    assert world.origin
    assert "half.txt" not in world.origin.git("ls-tree", "--name-only", str(report.branch))


def test_what_does_not_apply_whole_is_not_put_back_by_halves(world: World) -> None:
    run_id = blocked(world)
    (run_folder(world, run_id) / "changes-2.patch").write_text("no patch\n")
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    assert any("does not apply any more" in warning for warning in report.warnings)
    assert world.origin
    assert "half.txt" not in world.origin.git("ls-tree", "--name-only", str(report.branch))


def test_a_conversation_that_claude_does_not_know_leaves_its_change(world: World) -> None:
    blocked(world)
    claude = Forgetful(repairs=(FIXED,))

    report = world.claim(claude)

    assert [request.resume for request in claude.requests] == [True, False]
    assert "its unfinished change is in the files already" in claude.prompts[1]
    assert report.outcome is Outcome.DONE
    assert world.origin
    assert world.origin.git("show", f"{report.branch}:half.txt") == "half"
    assert world.origin.git("show", f"{report.branch}:calc.py") == FIXED["calc.py"].strip()


class Forgetful(FakeClaude):
    """A Claude that has forgotten every conversation."""

    def run(self, request: ClaudeRequest, **more: Any) -> ClaudeResult:
        if not request.resume:
            return super().run(request, **more)
        self.requests.append(request)
        self.prompts.append(request.prompt())
        return unstarted(request, Outcome.CRASHED, "no conversation found")


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
