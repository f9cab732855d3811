"""An embedded queue and its database; a module that tests another driver gives its own `queue`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.schema import TASKS
from tests.support.queues import Hands, QueueUnderTest


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "queue.db", schemas=(TASKS,), timeout_s=0.2) as database:
        yield database


@pytest.fixture
def queue(database: Database) -> QueueUnderTest:
    hands = Hands()
    return QueueUnderTest(
        claims=EmbeddedClaims(database, clock=hands.clock()),
        board=EmbeddedBoard(database, clock=hands.clock()),
        hands=hands,
    )
