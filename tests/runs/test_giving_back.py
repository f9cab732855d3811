"""Endings before Claude did anything: claim and hold are given back, and nothing lies about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits, Rule
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.errors import (
    AlreadyClaimed,
    ClaudeNotStarted,
    InvalidTransition,
    NothingToClaim,
    OutsideTrouble,
    QuotaExceeded,
    Stopped,
    TemplateProblem,
    UnknownTask,
    UsageProblem,
)
from runner.paths import bundled
from runner.process.stop import Stop, StopReason
from runner.prompts import Prompts
from runner.tasks.model import ClaimRequest, Status
from tests.runs.world import FIXED, LIMITS, PROJECT, World, error_of
from tests.support.fake_claude import FakeClaude


def assert_given_back(world: World, task_id: str) -> None:
    """As if the run had never been."""
    task = world.board.get(task_id)
    assert (task.status, task.attempts_used) == (Status.PENDING, 0)
    assert world.held(Rule.DAILY_TOKENS) == 0
    assert world.used(Rule.DAILY_JOBS) == 0
    assert world.leftovers() == []
    assert world.origin is None or world.origin.branches() == ["main"]


class NeverStarts:
    """A claude program that is not there."""

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        raise ClaudeNotStarted("claude is not on PATH", hint="install it")


def test_an_empty_queue_holds_nothing_and_leaves_no_run(world: World) -> None:
    error = error_of(world, FakeClaude())

    assert isinstance(error, NothingToClaim)
    assert world.held(Rule.DAILY_TOKENS) == 0
    assert list(world.paths.runs.iterdir()) == []


def test_an_unknown_task_is_told(world: World) -> None:
    assert isinstance(error_of(world, FakeClaude(), "T-99"), UnknownTask)
    assert world.held(Rule.DAILY_TOKENS) == 0


def test_a_task_in_other_hands_is_left_there(world: World) -> None:
    task = world.submit()
    world.claims.claim(ClaimRequest(agent_id="other", request_id="r", task_id=task.id, project=PROJECT))

    error = error_of(world, FakeClaude(), task.id)

    assert isinstance(error, AlreadyClaimed)
    assert world.board.get(task.id).claimed_by == "other"
    assert world.held(Rule.DAILY_TOKENS) == 0


def test_a_cancelled_task_cannot_be_claimed(world: World) -> None:
    task = world.submit()
    world.board.cancel(task.id)

    assert isinstance(error_of(world, FakeClaude(), task.id), InvalidTransition)


def test_a_spent_allowance_touches_no_task(world: World) -> None:
    task = world.submit()
    world.set(limits=replace(LIMITS, daily_jobs=0))

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, QuotaExceeded)
    assert world.board.get(task.id).fence == 0


def test_a_prompt_over_the_runs_cap_gives_the_task_back(world: World) -> None:
    task = world.submit(description="word " * 5000)
    world.set(limits=replace(LIMITS, run_tokens=21_000))

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, QuotaExceeded)
    assert "prompt needs" in str(error)
    assert_given_back(world, task.id)


def test_a_hold_that_grows_past_the_limits_gives_the_task_back(world: World, tmp_path: Path) -> None:
    task = world.submit(description="word " * 120_000)
    whole = tmp_path / "prompts/task.md.j2"
    whole.parent.mkdir()
    whole.write_text("{{ task.description }}")  # ours shortens a text like this
    world.prompts = Prompts([whole.parent, bundled("prompts")])
    world.set(limits=Limits(daily_tokens=1_000_000, daily_jobs=5))
    other = Ask(id="other", agent_id="me", model="", tokens=450_000, cost_nano=0)
    world.ledger.reserve(other, holder_of_this_process())

    error = error_of(world, FakeClaude(writes=FIXED))

    world.ledger.release(other.id)
    assert isinstance(error, QuotaExceeded)
    assert_given_back(world, task.id)


def test_a_missing_claude_gives_the_task_back(world: World) -> None:
    task = world.submit()

    error = error_of(world, NeverStarts())

    assert isinstance(error, ClaudeNotStarted)
    assert_given_back(world, task.id)


def test_a_broken_template_gives_the_task_back(world: World) -> None:
    task = world.submit()
    folder = world.paths.config / "prompts"
    folder.mkdir(parents=True)
    (folder / "task.md.j2").write_text("{{ no_such_value }}")
    world.prompts = Prompts([folder])

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, TemplateProblem)
    assert_given_back(world, task.id)


def test_a_set_up_that_fails_gives_the_task_back(world: World) -> None:
    task = world.submit()
    world.set(setup=("git no-such-command",))

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, OutsideTrouble)
    assert "git no-such-command" in str(error)
    assert_given_back(world, task.id)


def test_a_copy_that_leaves_the_repository_is_refused(world: World) -> None:
    task = world.submit()
    world.set(copy=("../secret",))

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, UsageProblem)
    assert "leaves the repository" in str(error)
    assert_given_back(world, task.id)


def test_a_base_branch_that_is_gone_is_told_before_anything_is_held(world: World) -> None:
    world.submit()
    world.set(base="release")

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, UsageProblem)
    assert "main" in error.hint


def test_a_stop_before_claude_gives_the_task_back(world: World) -> None:
    task = world.submit()
    world.commands = ("python3 -c pass",)
    world.seen = StopsAtStep(world.stop)  # type: ignore[assignment]  # a sink like any other

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, Stopped)
    assert error.exit_code == 130
    assert_given_back(world, task.id)


class StopsAtStep:
    """Ctrl-C at the first step."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def emit(self, event: object) -> None:
        self._stop.set(StopReason.INTERRUPTED, "interrupted")


def test_a_task_that_names_its_model_holds_that_one(world: World) -> None:
    world.submit(model="opus")
    claude = FakeClaude(writes=FIXED)

    world.claim(claude)

    assert claude.requests[0].model == "opus"


def test_a_model_that_the_limits_do_not_allow_gives_the_task_back(world: World) -> None:
    task = world.submit(model="opus")
    world.set(limits=replace(LIMITS, models=("haiku",)))

    error = error_of(world, FakeClaude(writes=FIXED))

    assert isinstance(error, QuotaExceeded)
    assert "opus" in str(error)
    assert_given_back(world, task.id)


@pytest.mark.parametrize("from_flag", [True, False])
def test_a_flag_goes_before_the_tasks_model_and_the_task_before_the_settings(
    world: World, from_flag: bool
) -> None:
    world.submit(model="opus")
    world.set(model="sonnet", model_from_flag=from_flag)
    claude = FakeClaude(writes=FIXED)

    world.claim(claude)

    assert claude.requests[0].model == ("sonnet" if from_flag else "opus")


def test_the_allowance_tells_what_it_held_what_is_nearly_spent_and_what_it_denied(world: World) -> None:
    world.submit("One")
    world.submit("Two")
    world.set(limits=replace(LIMITS, daily_tokens=100_010, daily_jobs=None))

    world.claim(FakeClaude(writes=FIXED))
    error_of(world, FakeClaude(writes=FIXED))

    told = [event for event in world.seen.events if event.name.startswith("Allowance")]
    assert [event.name for event in told] == ["AllowanceReserved", "AllowanceDenied"]
    assert told[1].data["rule"] == "daily_tokens"


def test_the_allowance_warns_when_little_is_left(world: World) -> None:
    other = Ask(id="other", agent_id="me", model="", tokens=850_000, cost_nano=0)
    world.ledger.reserve(other, holder_of_this_process())
    world.submit()

    world.claim(FakeClaude(writes=FIXED))

    (warned,) = [event for event in world.seen.events if event.name == "AllowanceWarned"]
    assert (warned.data["rule"], warned.data["limit"]) == ("daily_tokens", 1_000_000)
