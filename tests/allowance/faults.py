"""Death and errors at a chosen system call of this process: real calls, real death, nothing replaced."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

WRITE_SIDE = frozenset(
    {"pwrite", "write", "fdatasync", "fsync", "rename", "ftruncate", "unlink", "mkdir", "chmod", "open"}
)


@contextmanager
def at_call(
    number: int, act: Callable[[], None], *, module: str = "posix", names: frozenset[str] = WRITE_SIDE
) -> Iterator[Callable[[], int]]:
    """Do `act` just before call `number` (from 1) of the block to one of these; yields a counter of them."""
    count = 0

    def watch(frame: FrameType, event: str, called: object) -> None:
        nonlocal count
        where, name = getattr(called, "__module__", None), getattr(called, "__name__", "")
        if event == "c_call" and where == module and name in names:
            count += 1
            if count == number:
                act()

    sys.setprofile(watch)
    try:
        yield lambda: count
    finally:
        sys.setprofile(None)


@contextmanager
def calls_in_order() -> Iterator[list[str]]:
    """The record writes, flushes and unlocks of the block, in order; locking before the first record is left out."""
    made: list[str] = []

    def watch(frame: FrameType, event: str, called: object) -> None:
        if event != "c_call":
            return
        name = getattr(called, "__name__", "")
        if name in ("pwrite", "fdatasync"):
            made.append(name)
        elif name == "flock" and frame.f_code.co_name == "leave":
            made.append("unlock")

    sys.setprofile(watch)
    try:
        yield made
    finally:
        sys.setprofile(None)


def fail_with(code: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(code, os.strerror(code))

    return fail


def die() -> None:
    os._exit(9)


ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EROFS": errno.EROFS}
