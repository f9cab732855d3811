"""What was logged, whatever another test has configured, and the logger as Python makes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import runner.log


class _Keep(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def logged(name: str) -> Iterator[list[str]]:
    """Collect the messages that the logger `name` takes inside the block."""
    logger, keep = logging.getLogger(name), _Keep()
    before = logger.level
    logger.addHandler(keep)
    logger.setLevel(logging.DEBUG)
    try:
        yield keep.messages
    finally:
        logger.removeHandler(keep)
        logger.setLevel(before)


def reset_log() -> None:
    """Undo `runner.log.configure`, which sets the logger up for its whole process: the tests go on in it."""
    logger = logging.getLogger("runner")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    runner.log._setup = None
