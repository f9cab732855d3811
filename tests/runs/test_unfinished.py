"""Unfinished runs that a claim meets and cannot go on with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from runner.errors import OutsideTrouble
from runner.runs.policy import Policy
from runner.runs.record import Json, RunRecord
from runner.runs.run import Tools
from runner.runs.unfinished import go_on_with_earlier
from runner.tasks.model import FINAL, Status
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


@pytest.mark.parametrize("status", [*Status, None, OutsideTrouble("the queue cannot be reached")])
def test_a_delivery_waits_for_its_time_unless_its_task_has_ended(
    world: World, status: Status | OutsideTrouble | None
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    tools = world.tools(FakeClaude())
    record = RunRecord.create(
        *(world.paths.runs, "r-1", lambda: datetime.now(UTC)),
        agent_id="me",
        clone=str(tools.clone.path),
        task={"id": "T-1"},
        waiting={"until": until},
    )
    record.let_go()
    taken_up: list[str] = []

    def statuses(task_ids: Collection[str]) -> Mapping[str, Status]:
        if isinstance(status, OutsideTrouble):
            raise status
        return {task_id: status for task_id in task_ids if status}

    def take_up(record: RunRecord) -> tuple[Tools, Policy]:
        taken_up.append(record.run_id)
        raise OutsideTrouble("not today")

    for asked in (statuses, None):
        go_on_with_earlier(
            *(tools, take_up), agent_id="me", stop=world.stop, tell=lambda _: None, statuses=asked
        )

    assert taken_up == (["r-1"] if status in FINAL else [])
