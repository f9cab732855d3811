"""A queue that cannot be reached when a run reports: nothing is lost, told twice or paid twice."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from runner.allowance.model import Rule
from runner.errors import DeliveryWaits, OutsideTrouble
from runner.process.stop import Stop
from runner.runs.listing import unfinished
from runner.runs.model import RunReport
from runner.runs.overview import RunState, overview_of
from runner.runs.resume import go_on
from runner.tasks.model import Claimed, ClaimRequest, Ending, Lease, Outcome, Report, Status, Task
from runner.tasks.protocol import Claims
from tests.runs.world import FIXED, LIMITS, World, error_of
from tests.support.fake_claude import FAKE_COST_NANO_USD, FakeClaude
from tests.support.fake_forge import FakeForge


class Unreachable:
    """A queue on another machine: what it is asked for meanwhile fails, or is done and the answer lost."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self.away: frozenset[str] = frozenset()
        self.lost: frozenset[str] = frozenset()
        self.completions: list[Outcome] = []

    def claim(self, request: ClaimRequest) -> Claimed:
        self._ask("claim")
        return self._claims.claim(request)

    def renew(self, lease: Lease, report: Report) -> Lease:
        self._ask("renew")
        return self._claims.renew(lease, report)

    def complete(self, lease: Lease, ending: Ending) -> Task:
        self._ask("complete")
        task = self._claims.complete(lease, ending)
        self.completions.append(ending.outcome)
        self._answer("complete")
        return task

    def check(self, lease: Lease) -> None:
        self._ask("check")
        self._claims.check(lease)

    def release(self, lease: Lease, *, note: str, park_s: float = 0.0) -> Task:
        self._ask("release")
        return self._claims.release(lease, note=note, park_s=park_s)

    def _ask(self, what: str) -> None:
        if what in self.away or "all" in self.away:
            raise OutsideTrouble("the queue cannot be reached", hint="look at the network")

    def _answer(self, what: str) -> None:
        if what in self.lost:
            raise OutsideTrouble("the queue's answer did not come", hint="look at the network")


@pytest.fixture
def world(home: Path, tmp_path: Path) -> World:
    return World(tmp_path, dict(os.environ))


@pytest.fixture
def queue(world: World) -> Unreachable:
    queue = Unreachable(world.claims)
    world.claims = queue  # type: ignore[assignment]  # whoever speaks the protocol will do
    return queue


def resumed(world: World) -> RunReport:
    """The only unfinished run, gone on with as `runner claim` does."""
    (record,) = unfinished(world.paths.runs)
    report = go_on(world.tools(FakeClaude()), world.policy, record, Stop())
    assert report is not None
    return report


def completions(world: World) -> int:
    return [event.name for event in world.board.events("T-1")].count("TaskCompleted")


@pytest.mark.parametrize("away", ["complete", "all"])
def test_a_report_that_nobody_takes_is_kept_and_made_once(
    world: World, queue: Unreachable, away: str
) -> None:
    world.submit()
    forge = FakeForge()
    world.forge = forge
    claude = FakeClaude(writes=FIXED, during=lambda _: setattr(queue, "away", frozenset({away})))

    failed = error_of(world, claude)
    (record,) = unfinished(world.paths.runs)
    waiting = overview_of(record.folder)
    before = world.board.get("T-1").status
    queue.away = frozenset()
    report = resumed(world)

    assert isinstance(failed, OutsideTrouble)
    assert "the queue cannot be reached" in str(failed)
    assert waiting.state in {RunState.WAITING, RunState.RUNNING}
    assert before is Status.IN_PROGRESS
    assert report.outcome is Outcome.DONE
    assert (report.pull_request, len(forge.opened)) == (FakeForge.url(1), 1)
    assert (world.board.get("T-1").status, completions(world)) == (Status.COMPLETED, 1)
    assert (len(claude.requests), world.ledger.open_holds()) == (1, ())
    assert world.leftovers() == []
    assert unfinished(world.paths.runs) == ()


def test_an_answer_that_got_lost_is_asked_for_again_and_counts_once(world: World, queue: Unreachable) -> None:
    world.submit()
    queue.lost = frozenset({"complete"})

    error_of(world, FakeClaude(writes=FIXED))
    queue.lost = frozenset()
    report = resumed(world)

    assert report.outcome is Outcome.DONE
    assert completions(world) == 1
    assert len(world.board.get("T-1").attempts) == 1


def test_what_was_decided_is_told_word_for_word_whatever_holds_now(world: World, queue: Unreachable) -> None:
    world.submit()
    queue.away = frozenset({"complete"})
    asks = FakeClaude(outcome=Outcome.NEEDS_INPUT, text="Which of the two?")

    error_of(world, asks)
    queue.away = frozenset()
    world.commands = ("false",)
    report = resumed(world)

    task = world.board.get("T-1")
    assert report.outcome is Outcome.NEEDS_INPUT
    assert (task.status, task.question) == (Status.BLOCKED, "Which of the two?")


def test_as_often_as_it_fails_it_is_tried_again_and_nothing_is_paid_twice(
    world: World, queue: Unreachable
) -> None:
    world.submit()
    world.set(limits=replace(LIMITS, daily_cost_nano=10**12))
    queue.away = frozenset({"complete"})
    error_of(world, FakeClaude(writes=FIXED))

    for _ in range(3):
        with pytest.raises(DeliveryWaits, match="the queue cannot be told") as waits:
            resumed(world)
        assert FakeForge.url(1) in str(waits.value)
        assert "claude is not asked again" in waits.value.hint
    queue.away = frozenset()
    resumed(world)

    assert completions(world) == 1
    assert world.ledger.open_holds() == ()
    assert world.used(Rule.DAILY_COST) == FAKE_COST_NANO_USD


def test_a_task_that_another_agent_has_taken_meanwhile_is_told_nothing(
    world: World, queue: Unreachable
) -> None:
    task = world.submit()
    queue.away = frozenset({"complete"})
    error_of(world, FakeClaude(writes=FIXED))
    world.ahead = timedelta(hours=1)
    other = world.claims.claim(ClaimRequest(agent_id="other", request_id="r-other", task_id=task.id))
    queue.away = frozenset()

    report = resumed(world)

    assert report.outcome is Outcome.LEASE_LOST
    assert queue.completions == []
    assert world.board.get("T-1").claimed_by == "other"
    assert other.lease.fence == 2
