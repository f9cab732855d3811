"""The store read without its lock: a snapshot is replaced whole and a log only grows, so any moment is consistent."""

from __future__ import annotations

import os
import time

from runner.allowance.files.compaction import PREVIOUS, SNAPSHOT, log_generations, log_path
from runner.allowance.files.disk import read_whole, store_failed
from runner.allowance.files.journal import check_head, read_records
from runner.allowance.files.lines import Damaged
from runner.allowance.files.snapshot import load
from runner.allowance.files.state import State
from runner.errors import StoreFailed

_PAUSE_S = 0.001


def read_only_state(folder: str) -> State:
    """The state of a folder as it is now, for the caller alone; empty if nothing was ever written there.

    Raises:
        StoreFailed: it cannot be read, or is damaged.
    """
    try:
        return _read_with_patience(folder)
    except FileNotFoundError as error:
        raise damaged(folder, Damaged("the log that the snapshot names is missing")) from error
    except Damaged as error:
        raise damaged(folder, error) from error
    except OSError as error:
        raise store_failed(folder, error) from error


def replay(state: State, log: bytes) -> tuple[int, int]:
    """Add a whole log to the state of its snapshot; returns its number of lines and their bytes. Raises: Damaged."""
    found, used = read_records(log, first=0)
    for record in check_head(found, state):
        state.apply(record)
    return len(found), used


def is_unused(folder: str) -> bool:
    """Whether nothing was ever stored in a folder without a snapshot; a first start may have been cut short."""
    if os.path.exists(os.path.join(folder, PREVIOUS)):
        return False
    return all(_has_no_record(log_path(folder, generation)) for generation in log_generations(folder))


def damaged(folder: str, error: Damaged) -> StoreFailed:
    """What damage means for a person."""
    return StoreFailed(
        f"the allowance in {folder} is damaged: {error}",
        hint="nothing was granted and the files were left as they are; run `runner allowance repair`",
    )


def _read_with_patience(folder: str) -> State:
    """A new generation may come between two reads, and a torn end may be cut while we look at it.

    The same snapshot and the same trouble a moment later: then it is no coincidence.
    """
    before: bytes | None = None
    while True:
        snapshot = _snapshot(folder)
        try:
            return _read(folder, snapshot)
        except (Damaged, FileNotFoundError):
            if snapshot == before:
                raise
        before = snapshot
        time.sleep(_PAUSE_S)


def _snapshot(folder: str) -> bytes:
    """The snapshot's bytes; none when there is no such file."""
    try:
        return read_whole(os.path.join(folder, SNAPSHOT))
    except FileNotFoundError:
        return b""


def _read(folder: str, snapshot: bytes) -> State:
    if not snapshot and is_unused(folder):
        return State()
    state = load(snapshot)
    replay(state, read_whole(log_path(folder, state.generation)))
    return state


def _has_no_record(path: str) -> bool:
    return read_whole(path).count(b"\n") <= 1
