"""The queue in memory keeps both contracts, so that it may stand in for a real one."""

from __future__ import annotations

import pytest

from tests.support.memory_queue import memory_queue
from tests.support.queues import Hands, QueueUnderTest
from tests.tasks.board_contract import BoardContract
from tests.tasks.claims_contract import ClaimsContract


@pytest.fixture
def queue() -> QueueUnderTest:
    hands = Hands()
    claims, board = memory_queue(hands.clock())
    return QueueUnderTest(claims=claims, board=board, hands=hands)


class TestMemoryClaims(ClaimsContract):
    pass


class TestMemoryBoard(BoardContract):
    pass
