"""What is known of the clock after the machine was started, and where nothing tells one start from another."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import NothingToClaim
from runner.storage.database import Database
from runner.tasks import stepping
from runner.tasks.embedded import Clock, EmbeddedBoard, EmbeddedClaims, machine_clock
from runner.tasks.model import Ending, Outcome
from runner.tasks.stepping import Steady, steady_now
from tests.support.queues import Hands, QueueUnderTest


class Machine(Hands):
    """It can be started anew: its steady clock begins at zero then."""

    boot = "first"
    since: float = 0.0

    def start_again(self, *, boot: str) -> None:
        self.boot, self.since = boot, self.passed.total_seconds()

    def steady(self) -> Steady:
        reading = self.passed - timedelta(seconds=self.since)
        return Steady(boot=self.boot, reading=reading // timedelta(microseconds=1))


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def queue(database: Database, machine: Machine) -> QueueUnderTest:
    claims, board = (
        EmbeddedClaims(database, clock=machine.clock()),
        EmbeddedBoard(database, clock=machine.clock()),
    )
    return QueueUnderTest(claims=claims, board=board, hands=machine)


@pytest.mark.parametrize("boot", ["second", "first"])
def test_a_lease_from_before_a_start_lasts_no_longer_than_a_lease(
    queue: QueueUnderTest, machine: Machine, boot: str
) -> None:
    queue.add()
    machine.move(60)
    queue.take("ada", lease_s=60.0)
    machine.start_again(boot=boot)
    machine.step(-3_600)
    with pytest.raises(NothingToClaim):
        queue.take("bob")

    machine.move(60)

    assert queue.take("bob").lease.fence == 2


def test_a_pause_from_before_a_start_lasts_an_hour_at_most(queue: QueueUnderTest, machine: Machine) -> None:
    queue.add()
    queue.claims.complete(queue.take().lease, Ending(outcome=Outcome.TIMEOUT))
    machine.start_again(boot="second")
    machine.step(-86_400)
    with pytest.raises(NothingToClaim):
        queue.take()

    machine.move(3_600)

    assert queue.take().task.id == "T-1"


def test_a_clock_that_is_steered_gently_is_left_alone(queue: QueueUnderTest, machine: Machine) -> None:
    queue.add()
    until = queue.take("ada", lease_s=60.0).task.lease_until
    machine.step(4)
    queue.add()

    assert queue.board.get("T-1").lease_until == until


def test_a_queue_without_a_steady_clock_believes_the_other_one(database: Database) -> None:
    hands = Hands()
    clock = Clock(wall=hands.now, monotonic=hands.monotonic)
    queue = QueueUnderTest(
        claims=EmbeddedClaims(database, clock=clock), board=EmbeddedBoard(database, clock=clock), hands=hands
    )
    queue.add()
    queue.take("ada", lease_s=60.0)
    hands.step(3_600)

    assert queue.take("bob").lease.fence == 2


def test_the_clock_of_this_machine_goes_forward() -> None:
    first, second = steady_now(), machine_clock()

    assert first.boot == second.boot
    assert first.reading <= second.reading


def test_a_machine_that_does_not_number_its_starts_has_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stepping, "_BOOT_ID", str(tmp_path / "none"))

    assert steady_now().boot == ""
