"""The values around a task."""

from __future__ import annotations

from runner.tasks.model import Lease, Priority


def test_a_lease_lives_for_its_time_by_the_clock_of_its_holder() -> None:
    lease = Lease(task_id="T-1", fence=1, duration_s=60.0, taken_at=100.0)

    assert lease.is_live(159.9)
    assert not lease.is_live(160.0)


def test_a_heartbeat_is_due_after_a_third() -> None:
    lease = Lease(task_id="T-1", fence=1, duration_s=60.0, taken_at=100.0)

    assert not lease.heartbeat_due(119.9)
    assert lease.heartbeat_due(120.0)


def test_priorities_are_ranked_from_0() -> None:
    assert [priority.rank for priority in Priority] == [0, 1, 2, 3]
