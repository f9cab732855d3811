"""Every test of the log leaves the logger as Python makes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

import runner.log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give every test the logger as Python makes it, and leave it so."""
    yield
    logger = logging.getLogger("runner")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    runner.log._setup = None
