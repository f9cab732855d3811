"""Unfinished runs that a claim meets and cannot go on with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.runs.policy import Policy
from runner.runs.record import Json, RunRecord
from runner.runs.run import Tools
from runner.runs.unfinished import go_on_with_earlier
from tests.runs.world import World
from tests.support.fake_claude import FakeClaude


@pytest.mark.parametrize("facts", [{}, {"clone": None}, {"clone": 7}])
def test_a_run_that_does_not_say_where_it_belongs_is_told_once(world: World, facts: dict[str, Json]) -> None:
    record = RunRecord.create(world.paths.runs, "r-1", lambda: datetime.now(UTC), agent_id="me", **facts)
    record.let_go()
    told: list[str] = []

    report = go_on_with_earlier(
        world.tools(FakeClaude()), _never, agent_id="me", stop=world.stop, tell=told.append
    )

    assert report is None
    assert told == ["r-1 is left alone: its record does not say which repository it belongs to"]


def _never(record: RunRecord) -> tuple[Tools, Policy]:
    raise AssertionError(record.run_id)
