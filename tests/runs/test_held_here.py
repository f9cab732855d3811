"""A claim that meets a task of one's own: it says so, and what to do about the run that has it."""

from __future__ import annotations

import pytest

from runner.errors import AlreadyClaimed
from runner.process.stop import Stop
from runner.runs.claiming import reserve_and_claim
from runner.runs.run import Run
from tests.runs.world import World, error_of
from tests.support.fake_claude import FakeClaude


@pytest.fixture
def run(world: World) -> Run:
    """A run that has the task, and at which a process works."""
    world.submit()
    tools = world.tools(FakeClaude())
    return reserve_and_claim(tools, world.policy, tools.clone.resolve_base(), task_id=None, stop=Stop())


def refused(world: World) -> AlreadyClaimed:
    error = error_of(world, FakeClaude(), "T-1")
    assert isinstance(error, AlreadyClaimed)
    return error


def test_a_run_that_was_broken_off_can_be_gone_on_with(world: World, run: Run) -> None:
    run.record.let_go()

    told = refused(world)

    assert str(told).startswith("T-1 is held by you (me) until ")
    assert told.hint == f"`runner resume {run.run_id}` goes on with your unfinished run of it"


def test_a_run_that_is_at_work_can_be_ended(world: World, run: Run) -> None:
    told = refused(world)

    assert str(told).startswith("T-1 is held by you (me) until ")
    assert told.hint == f"your run {run.run_id} is at work on it: `runner stop {run.run_id}` ends it"


def test_what_no_run_of_this_machine_has_can_only_be_given_back(world: World, run: Run) -> None:
    run.record.discard()

    assert refused(world).hint == "`runner release T-1` gives it back"


def test_the_run_of_another_agent_is_not_named(world: World, run: Run) -> None:
    world.set(agent_id="other")

    told = refused(world)

    assert str(told).startswith("T-1 is held by me until ")
    assert told.hint == "`runner release` takes it out of its holder's hands"
