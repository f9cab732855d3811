"""Ctrl-C when the work is done: what is judged is delivered first, or by the next claim; claude is not asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runner.allowance.model import Rule
from runner.claude.protocol import ClaudeRequest
from runner.errors import DeliveryWaits
from runner.events.model import Event, EventName
from runner.events.sinks import InMemory
from runner.process.stop import Stop, StopReason
from runner.runs.explaining import TaskNow, explain
from runner.runs.listing import unfinished
from runner.runs.model import Step
from runner.runs.overview import RunState, overview_of
from runner.runs.resume import go_on
from runner.runs.unfinished import go_on_with_earlier
from runner.tasks.model import Ending, Lease, Outcome, Status
from runner.tasks.protocol import Claims
from tests.runs.world import CALC_CHECK, FIXED, World, error_of, run_folder
from tests.support.fake_claude import FakeClaude
from tests.support.fake_forge import FakeForge


class At:
    """Does something when a step begins, or ends."""

    def __init__(self, world: World, step: Step, reason: StopReason, *, when: EventName) -> None:
        self._world, self._step, self._reason, self._when = world, step, reason, when

    def emit(self, event: Event) -> None:
        if event.name is not self._when or event.data.get("step") != self._step.value:
            return
        if self._reason is StopReason.CANCELLED:
            self._world.board.cancel("T-1")
        self._world.stop.set(self._reason, self._reason.value)


def at(
    world: World,
    step: Step,
    reason: StopReason = StopReason.INTERRUPTED,
    when: EventName = EventName.STEP_STARTED,
) -> None:
    world.seen = At(world, step, reason, when=when)  # type: ignore[assignment]  # a sink like any other


@pytest.mark.parametrize("step", [Step.COMMIT, Step.PUSH, Step.PULL_REQUEST])
def test_a_delivery_that_has_begun_is_finished_and_then_it_stops(world: World, step: Step) -> None:
    task = world.submit()
    at(world, step)

    report = world.claim(FakeClaude(writes=FIXED))

    assert isinstance(world.forge, FakeForge)
    assert report.outcome is Outcome.DONE
    assert report.pull_request is not None
    assert len(world.forge.opened) == 1
    assert world.board.get(task.id).status is Status.COMPLETED
    assert [warning for warning in report.warnings if "told to stop when the work was done" in warning]
    assert world.stop.reason is StopReason.INTERRUPTED, "whoever loops ends now"


def test_one_that_nobody_interrupts_says_nothing_of_it(world: World) -> None:
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert not report.warnings
    assert not world.stop.is_set()


def test_what_is_judged_and_not_committed_yet_is_delivered_by_the_next_claim(world: World) -> None:
    world.submit()
    world.commands = (CALC_CHECK,)
    at(world, Step.VERIFY, when=EventName.STEP_FINISHED)
    claude = FakeClaude(writes=FIXED)

    error = error_of(world, claude)

    (record,) = unfinished(world.paths.runs)
    run = replace(overview_of(record.folder), state=RunState.WAITING)  # as it is when this process has ended
    assert isinstance(error, DeliveryWaits)
    assert error.exit_code == 130
    assert "or the next `runner claim`, delivers it" in error.hint
    assert explain(run).sentence.endswith("is not delivered yet; it waits: stopped: interrupted.")
    assert world.held(Rule.DAILY_TOKENS) == 0

    world.stop, world.seen = Stop(), InMemory()
    report = go_on(world.tools(claude), world.policy, record, world.stop)

    assert report is not None
    assert report.outcome is Outcome.DONE
    assert len(claude.requests) == 1
    assert world.board.get("T-1").status is Status.COMPLETED


def test_checks_that_are_interrupted_end_it_as_before(world: World) -> None:
    world.submit()
    world.commands = (CALC_CHECK,)
    at(world, Step.VERIFY)

    report = world.claim(FakeClaude(writes=FIXED))

    assert (report.outcome, report.cause) == (Outcome.CANCELLED, "interrupted")
    assert world.board.get("T-1").status is Status.PENDING


def test_a_task_that_is_cancelled_while_it_is_pushed_names_the_branch_that_is_there(world: World) -> None:
    world.submit()
    at(world, Step.PUSH, StopReason.CANCELLED, EventName.STEP_FINISHED)

    report = world.claim(FakeClaude(writes=FIXED))

    run = overview_of(run_folder(world, report.run_id))
    said = explain(run, TaskNow(status=Status.CANCELLED)).sentence
    assert world.origin is not None
    assert world.origin.branches() == ["fix/T-1-fix-add", "main"]
    assert (report.outcome, report.branch) == (Outcome.CANCELLED, "fix/T-1-fix-add")
    assert len(report.commits) == 1
    assert said.endswith("worked on; the branch fix/T-1-fix-add is on origin already.")


class EndedAtOnce:
    """A queue that is never told the end: a second Ctrl-C comes before."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims

    def __getattr__(self, name: str) -> Any:
        return getattr(self._claims, name)

    def complete(self, lease: Lease, ending: Ending) -> None:
        raise KeyboardInterrupt


def test_who_was_stopped_and_then_ended_at_once_does_not_end_the_next_claim(world: World) -> None:
    world.submit()
    told: list[str] = []

    def interrupt(_: ClaudeRequest) -> None:
        world.stop.set(StopReason.INTERRUPTED, "interrupted")

    claude = FakeClaude(writes=FIXED, during=interrupt)
    tools = world.tools(claude)
    with pytest.raises(KeyboardInterrupt):
        world.claim_with(replace(tools, claims=EndedAtOnce(world.claims)))  # type: ignore[arg-type]  # by __getattr__
    world.stop = Stop()

    report = go_on_with_earlier(
        tools, lambda _: (tools, world.policy), agent_id="me", stop=world.stop, tell=told.append
    )

    (folder,) = world.paths.runs.iterdir()
    assert report is None
    assert told == [f"{folder.name} was stopped: T-1 is given back, and can be claimed again"]
    assert world.board.get("T-1").status is Status.PENDING
    assert (folder / "outcome.json").exists()
