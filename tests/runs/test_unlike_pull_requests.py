"""A pull request that somebody else pushed to before the run came to open it."""

from __future__ import annotations

from datetime import timedelta

from runner.tasks.model import ClaimRequest, Outcome
from tests.forge.contract import wanted
from tests.runs.world import FIXED, PROJECT, World
from tests.support.fake_claude import FakeClaude
from tests.support.fake_forge import FakeForge

BRANCH = "fix/T-1-fix-add"
THEIRS = "e" * 40


def test_while_the_task_is_ours_it_is_taken_as_it_is_with_a_warning(world: World) -> None:
    forge = FakeForge(tip=lambda _: THEIRS)
    world.forge, url = forge, forge.open_by_hand(wanted(branch=BRANCH))
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert (report.outcome, report.pull_request) == (Outcome.DONE, url)
    assert "its newest commit is eeeeeeeeeeee, which this run did not push" in report.warnings[0]
    assert forge.opened == [wanted(branch=BRANCH)]


def test_when_another_run_has_the_task_it_is_not_named_as_ours(world: World) -> None:
    def taken_meanwhile(_: str) -> str:
        world.ahead += timedelta(minutes=10)
        request = ClaimRequest(
            agent_id="other", request_id="x", task_id="T-1", project=PROJECT, capabilities=()
        )
        if not others:
            others.append(world.claims.claim(request).lease.fence)
        return THEIRS

    others: list[int] = []
    forge = FakeForge(tip=taken_meanwhile)
    world.forge = forge
    forge.open_by_hand(wanted(branch=BRANCH))
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert others == [2]
    assert (report.outcome, report.pull_request) == (Outcome.LEASE_LOST, None)
    assert (report.branch, report.commits) == (None, ())
    assert forge.opened == [wanted(branch=BRANCH)]
