"""How runs end once Claude has started: every outcome is accounted for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.allowance.model import Rule, Tokens
from runner.claude.protocol import ClaudeRequest
from runner.errors import GhFailed, GitFailed
from runner.process.stop import StopReason
from runner.tasks.model import ClaimRequest, Outcome, Status
from tests.runs.world import CALC_CHECK, FIXED, PROJECT, World, error_of
from tests.support.fake_claude import FAKE_COST_NANO_USD, FakeClaude
from tests.support.fake_forge import FakeForge

RETRIED = (
    Outcome.BUDGET,
    Outcome.TURNS,
    Outcome.TIMEOUT,
    Outcome.OVERLOADED,
    Outcome.CRASHED,
    Outcome.NO_RESULT,
    Outcome.CONTEXT_OVERFLOW,
)


@pytest.mark.parametrize("outcome", RETRIED)
def test_a_failed_attempt_is_tried_again_later_and_costs_all_its_money(
    world: World, outcome: Outcome
) -> None:
    task = world.submit()

    report = world.claim(FakeClaude(writes=FIXED, outcome=outcome, text="it went wrong\nin detail"))

    again = world.board.get(task.id)
    assert (report.outcome, report.cause) == (outcome, "it went wrong")
    assert (again.status, again.attempts_used) == (Status.PENDING, 1)
    assert again.not_before is not None
    assert report.usage.cost_nano == FAKE_COST_NANO_USD
    assert world.used(Rule.DAILY_TOKENS) == 8  # half of 15, rounded up
    assert world.leftovers() == []
    assert world.origin
    assert world.origin.branches() == ["main"]


@pytest.mark.parametrize("outcome", [Outcome.AUTH, Outcome.BILLING])
def test_trouble_with_the_account_uses_no_attempt(world: World, outcome: Outcome) -> None:
    task = world.submit()

    report = world.claim(FakeClaude(outcome=outcome))

    assert report.hint
    again = world.board.get(task.id)
    assert (again.status, again.attempts_used) == (Status.PENDING, 0)


def test_a_usage_limit_parks_the_task_until_its_reset_and_keeps_the_conversation(world: World) -> None:
    task = world.submit()
    reset = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    claude = FakeClaude(writes={"half.txt": "half\n"}, outcome=Outcome.LIMIT_UNTIL, retry_at=reset)

    world.claim(claude)

    parked = world.board.get(task.id)
    assert (parked.status, parked.attempts_used, parked.not_before) == (Status.PENDING, 0, reset)
    assert parked.conversation == claude.requests[0].session_id


def test_an_invalid_request_fails_the_task_at_once(world: World) -> None:
    task = world.submit()

    world.claim(FakeClaude(outcome=Outcome.INVALID_REQUEST, text="no such model"))

    failed = world.board.get(task.id)
    assert failed.status is Status.FAILED
    assert "no such model" in failed.fail_reason


def test_the_last_attempt_makes_a_dead_letter(world: World) -> None:
    task = world.submit(max_attempts=1)

    world.claim(FakeClaude(outcome=Outcome.CRASHED, text="gone"))

    assert world.board.get(task.id).status is Status.FAILED


def test_ctrl_c_while_claude_works_charges_and_gives_the_task_back(world: World) -> None:
    task = world.submit()

    def interrupt(_: ClaudeRequest) -> None:
        world.stop.set(StopReason.INTERRUPTED, "interrupted")

    report = world.claim(FakeClaude(writes=FIXED, during=interrupt))

    again = world.board.get(task.id)
    assert report.outcome is Outcome.CANCELLED
    assert (again.status, again.attempts_used) == (Status.PENDING, 0)
    assert world.held(Rule.DAILY_TOKENS) == 0
    assert world.leftovers() == []


def test_a_lost_lease_stops_every_side_effect_but_books_what_was_used(world: World) -> None:
    task = world.submit()

    def lose(_: ClaudeRequest) -> None:
        world.board.release(task.id)
        world.claims.claim(ClaimRequest(agent_id="other", request_id="x", task_id=task.id, project=PROJECT))

    report = world.claim(FakeClaude(writes=FIXED, during=lose))

    assert report.outcome is Outcome.LEASE_LOST
    assert world.board.get(task.id).claimed_by == "other"
    assert isinstance(world.forge, FakeForge)
    assert world.forge.opened == []
    assert world.origin
    assert world.origin.branches() == ["main"]
    assert world.used(Rule.DAILY_TOKENS) == 15
    assert world.held(Rule.DAILY_TOKENS) == 0


def test_a_cancelled_task_ends_the_run_as_cancelled(world: World) -> None:
    task = world.submit()

    def cancel(_: ClaudeRequest) -> None:
        world.board.cancel(task.id)

    report = world.claim(FakeClaude(writes=FIXED, during=cancel))

    assert report.outcome is Outcome.CANCELLED
    assert world.board.get(task.id).status is Status.CANCELLED
    assert isinstance(world.forge, FakeForge)
    assert world.forge.opened == []


def test_more_tokens_than_the_cap_stop_the_run_and_are_booked(world: World) -> None:
    task = world.submit()
    claude = FakeClaude(writes=FIXED, tokens=Tokens(input=200_000))

    report = world.claim(claude)

    assert report.outcome is Outcome.BUDGET
    assert "100000 tokens" in report.cause
    assert world.board.get(task.id).attempts_used == 1


def test_a_forge_that_refuses_asks_a_person_with_its_words_and_hint(world: World) -> None:
    task = world.submit()
    refusal = GhFailed("HTTP 401: Bad credentials", hint="gh auth login", kind="refused")
    world.forge = FakeForge(failures=(refusal,))

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert "Bad credentials" in report.cause
    question = world.board.get(task.id).question
    assert question.startswith("HTTP 401: Bad credentials. gh auth login. The work is kept: `git -C ")
    assert world.leftovers() == []


def test_a_foreign_tip_on_the_branch_asks_a_person_and_is_left_alone(world: World) -> None:
    task = world.submit()
    world.checkout.git("switch", "-q", "-c", "fix/T-1-fix-add")
    world.checkout.commit("somebody else's work", {"other.py": "x = 1\n"})
    world.checkout.git("push", "-q", "origin", "fix/T-1-fix-add")
    world.checkout.git("switch", "-q", "main")

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert world.board.get(task.id).status is Status.BLOCKED
    assert world.origin
    assert world.origin.log("fix/T-1-fix-add")[0] == "somebody else's work\n"


def test_a_hook_that_refuses_asks_with_its_words_and_keeps_the_work(world: World) -> None:
    hook = world.checkout.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'not on a Sunday' >&2\nexit 1\n")
    hook.chmod(0o755)
    task = world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert "not on a Sunday" in report.question
    assert world.board.get(task.id).attempts_used == 0
    words = report.question.split("The work is kept: `")[1].split("`")[0].split()
    world.checkout.git(*words[3:])
    assert world.checkout.git("show", f"rescue/{report.run_id}:calc.py") == FIXED["calc.py"].strip()


def test_after_an_answer_the_refused_work_goes_on(world: World) -> None:
    hook = world.checkout.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    task = world.submit()
    world.claim(FakeClaude(writes=FIXED))
    hook.unlink()
    world.board.answer(task.id, "the hook is mended")
    claude = FakeClaude()

    report = world.claim(claude)

    assert report.outcome is Outcome.DONE
    assert claude.requests[0].resume
    assert world.origin
    assert world.origin.git("show", f"{report.branch}:calc.py") == FIXED["calc.py"].strip()


def test_a_name_that_git_does_not_know_is_asked_for_before_claude(world: World) -> None:
    task = world.submit()
    world.checkout.git("config", "user.useConfigOnly", "true")
    Path(world.environ["HOME"], ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n")
    claude = FakeClaude(writes=FIXED)

    error = error_of(world, claude)

    assert isinstance(error, GitFailed)
    assert "user.email" in error.hint
    assert claude.requests == []
    assert world.board.get(task.id).status is Status.PENDING


def test_nothing_changed_while_a_check_is_red_asks_a_person(world: World) -> None:
    world.commands = (CALC_CHECK,)
    task = world.submit()

    report = world.claim(FakeClaude(text="Already done."))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert "Already done." in world.board.get(task.id).question
    assert CALC_CHECK in report.cause


def test_a_bug_while_claude_works_gives_everything_back_and_goes_on_its_way(world: World) -> None:
    task = world.submit()

    def break_down(_: ClaudeRequest) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.claim(FakeClaude(writes=FIXED, during=break_down))

    assert world.board.get(task.id).status is Status.PENDING
    assert world.held(Rule.DAILY_TOKENS) == 0
    assert world.leftovers() == []


def test_what_a_call_had_cost_when_it_broke_down_is_booked(world: World) -> None:
    world.submit()

    def break_down(_: ClaudeRequest) -> None:
        raise ZeroDivisionError

    claude = FakeClaude(writes=FIXED, during=break_down)
    with pytest.raises(ZeroDivisionError):
        world.claim(claude)

    assert world.used(Rule.DAILY_TOKENS) == claude.tokens.counted


def test_no_thread_of_the_run_is_left(world: World) -> None:
    world.submit()
    before = threading.active_count()

    world.claim(FakeClaude(writes=FIXED))

    assert threading.active_count() == before


def test_labels_that_failed_are_warnings_of_the_report(world: World) -> None:
    world.forge = FakeForge(warnings=("the label x could not be set",))
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.DONE
    assert report.warnings == ("the label x could not be set",)
