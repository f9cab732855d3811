"""Every test of the log leaves the logger as Python makes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.logs import reset_log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give every test the logger as Python makes it, and leave it so."""
    yield
    reset_log()
