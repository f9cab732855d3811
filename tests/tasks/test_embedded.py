"""The embedded queue keeps both contracts, and says more than they ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.schema import TASKS
from tests.support.queues import Hands, QueueUnderTest
from tests.tasks.board_contract import BoardContract
from tests.tasks.claims_contract import ClaimsContract


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueUnderTest]:
    hands = Hands()
    with Database(tmp_path / "state/queue.db", schemas=(TASKS,)) as database:
        yield QueueUnderTest(
            claims=EmbeddedClaims(database, clock=hands.clock()),
            board=EmbeddedBoard(database, clock=hands.clock()),
            hands=hands,
        )


class TestEmbeddedClaims(ClaimsContract):
    pass


class TestEmbeddedBoard(BoardContract):
    pass
