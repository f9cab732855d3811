"""Checks before and after, and repairs in the same conversation."""

from __future__ import annotations

from datetime import timedelta

from runner.allowance.model import Rule
from runner.tasks.model import Outcome, Status
from tests.runs.world import CALC_CHECK, FIXED, World
from tests.support.fake_claude import FakeClaude
from tests.support.fake_forge import FakeForge

GREEN = "python3 -c pass"
STILL_RIGHT = "python3 still_right.py"
GUARD = {"still_right.py": "from calc import add\nassert add(5, 0) == 5\n"}
BROKEN = {"calc.py": "def add(a, b):\n    return 0\n"}


def opened(world: World) -> FakeForge:
    assert isinstance(world.forge, FakeForge)
    return world.forge


def test_what_turned_red_goes_back_to_claude_in_the_same_conversation(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    world.submit()
    claude = FakeClaude(writes=BROKEN, repairs=(FIXED,))

    report = world.claim(claude)

    assert report.outcome is Outcome.DONE
    first, second = claude.requests
    assert (first.resume, second.resume) == (False, True)
    assert first.session_id == second.session_id
    assert second.spent_before_nano_usd == claude.cost_nano_usd
    assert "AssertionError" in claude.prompts[1]
    assert report.usage.cost_nano == 2 * claude.cost_nano_usd
    assert world.used(Rule.DAILY_TOKENS) == 2 * claude.tokens.counted
    body = opened(world).opened[0].body
    assert f"\n- Claude repaired what its first version had turned red: `{STILL_RIGHT}` (1 round).\n" in body
    notes = [str(event.data.get("note")) for event in world.seen.events]
    assert f"claude repairs what turned red (round 1 of 2): {STILL_RIGHT}" in notes


def test_what_stays_red_becomes_a_draft_with_the_evidence_and_the_task_is_tried_again(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    world.set(repairs=1)
    task = world.submit()
    claude = FakeClaude(writes=BROKEN)

    report = world.claim(claude)

    assert report.outcome is Outcome.CHECKS_FAILED
    assert len(claude.requests) == 2
    assert [pull.draft for pull in opened(world).opened] == [True]
    body = opened(world).opened[0].body
    assert "| `python3 still_right.py` | passed | failed (exit 1) |" in body
    assert "AssertionError" in body
    assert "Not everything here is proven" in body
    assert "tried to repair `python3 still_right.py` (1 round); it is still red." in body
    again = world.board.get(task.id)
    assert (again.status, again.attempts_used) == (Status.PENDING, 1)
    assert again.not_before is not None


def test_what_stays_red_opens_nothing_when_the_settings_say_so(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    world.set(repairs=0, on_red="none")
    world.submit()

    report = world.claim(FakeClaude(writes=BROKEN))

    assert report.outcome is Outcome.CHECKS_FAILED
    assert (report.branch, report.pull_request) == (None, None)
    assert world.origin
    assert world.origin.branches() == ["main"]
    assert world.leftovers() == []


def test_red_before_and_after_does_not_block(world: World) -> None:
    world.commands = (CALC_CHECK, GREEN)
    world.submit()

    report = world.claim(FakeClaude(writes={"notes.md": "unrelated\n"}))

    assert report.outcome is Outcome.DONE
    assert "was red before this change too" in opened(world).opened[0].body


def test_checks_that_nobody_trusted_are_not_told_as_missing(world: World) -> None:
    world.set(ignored=("checks.commands",))
    world.submit()

    world.claim(FakeClaude(writes=FIXED))

    body = opened(world).opened[0].body
    assert "No checks were run: nobody trusted this repository's own ones" in body
    assert "No checks are configured" not in body


def test_checks_of_a_persons_own_are_not_told_as_the_repositorys(world: World) -> None:
    world.set(ignored=("checks.commands",))
    world.commands = (CALC_CHECK,)
    world.submit()

    world.claim(FakeClaude(writes=FIXED))

    body = opened(world).opened[0].body
    assert "- These are not this repository's own checks: nobody trusted those" in body
    assert f"| `{CALC_CHECK}` | failed (exit 1) | passed |" in body


def test_a_repair_that_asks_a_question_blocks_the_task(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    task = world.submit()

    class Asks(FakeClaude):
        def run(self, *arguments, **named):  # type: ignore[no-untyped-def]  # passes everything on
            self.text = "QUESTION: May the check change?" if self.requests else "done"
            return super().run(*arguments, **named)

    report = world.claim(Asks(writes=BROKEN))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert world.board.get(task.id).question == "May the check change?"


def test_a_repair_that_runs_out_of_turns_leaves_red_checks(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    world.submit()

    report = world.claim(FakeClaude(writes=BROKEN, outcomes=(Outcome.DONE, Outcome.TURNS)))

    assert report.outcome is Outcome.CHECKS_FAILED
    assert "the repair ended with" in report.cause
    assert [pull.draft for pull in opened(world).opened] == [True]


def test_a_second_attempt_replaces_the_first_ones_branch_and_adopts_its_pull_request(world: World) -> None:
    world.checkout.commit("guard", GUARD)
    world.checkout.git("push", "-q", "origin", "main")
    world.commands = (STILL_RIGHT,)
    world.set(repairs=0)
    world.submit()
    first = world.claim(FakeClaude(writes=BROKEN))
    world.ahead = timedelta(hours=2)

    second = world.claim(FakeClaude(writes=FIXED))

    assert (first.outcome, second.outcome) == (Outcome.CHECKS_FAILED, Outcome.DONE)
    assert second.pull_request == first.pull_request
    assert len(opened(world).opened) == 1
    assert world.origin
    assert len(world.origin.log(str(second.branch))) == 3
