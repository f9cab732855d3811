"""A disk that is full when a run begins: nothing is held or claimed for ever, whatever could be written down."""

from __future__ import annotations

import pytest

from runner.allowance.model import Rule
from runner.errors import StoreFailed
from runner.process.stop import Stop
from runner.runs.claiming import reserve_and_claim
from runner.runs.listing import unfinished
from runner.runs.so_far import SoFar
from runner.runs.undoing import undo
from runner.tasks.model import Status
from tests.runs.world import World
from tests.support.fake_claude import FakeClaude
from tests.support.full_disk import no_file_larger_than


@pytest.mark.parametrize("size_bytes", [900, 1200, 1600, 2000, 4000])
def test_what_was_begun_on_a_full_disk_is_undone_now_or_by_the_next_claim(
    world: World, size_bytes: int
) -> None:
    task = world.submit()
    tools = world.tools(FakeClaude())
    base = tools.clone.resolve_base()

    with no_file_larger_than(size_bytes), pytest.raises(StoreFailed):
        reserve_and_claim(tools, world.policy, base, task_id=None, stop=Stop())
    for record in unfinished(tools.runs):
        undo(tools, SoFar(record))

    assert world.held(Rule.DAILY_COST) == 0
    assert world.board.get(task.id).status is Status.PENDING
    assert list(unfinished(tools.runs)) == []
