"""The whole queue in memory: the model that the real engine is compared with, and a fake for tests of others."""

from __future__ import annotations

from runner.tasks.embedded import SYSTEM_CLOCK, Clock
from tests.support.memory_board import MemoryBoard
from tests.support.memory_claims import MemoryClaims
from tests.support.memory_shelf import Shelf


def memory_queue(clock: Clock = SYSTEM_CLOCK) -> tuple[MemoryClaims, MemoryBoard]:
    """A new, empty queue; its two faces."""
    shelf = Shelf(clock=clock)
    return MemoryClaims(shelf), MemoryBoard(shelf)
