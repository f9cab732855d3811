"""The ledger in plain dictionaries keeps the contract."""

from __future__ import annotations

import pytest

from runner.allowance.protocol import Ledger
from tests.allowance.contract import WholeContract
from tests.allowance.world import World
from tests.support.memory_ledger import MemoryLedger


class TestMemoryLedger(WholeContract):
    @pytest.fixture
    def ledger(self, world: World) -> Ledger:
        return MemoryLedger(world.limits_of, world.clock, world.is_alive)
