"""Folders for the stores; the contract is no test module by name, its assertions explain themselves all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.allowance.folders import quick_folder, with_history
from tests.allowance.repairing import WORLD

CONTRACT = ("contract", "reserving_contract", "holding_contract", "closing_contract", "dying_contract")

pytest.register_assert_rewrite(*(f"tests.allowance.{module}" for module in CONTRACT))


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as place:
        yield place


@pytest.fixture(scope="session")
def store_with_history() -> Iterator[Path]:
    """Made once, as it moves the clock of its world; copy it before you damage it."""
    with quick_folder() as place:
        with_history(place, WORLD)
        yield place
