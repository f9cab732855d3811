"""A new generation: an empty log, then the snapshot that names it, in an order that survives a crash anywhere."""

from __future__ import annotations

import os

from runner.allowance.files.disk import flush_folder, read_whole, write_new
from runner.allowance.files.journal import head_line
from runner.allowance.files.snapshot import dump
from runner.allowance.files.state import State

SNAPSHOT = "snapshot"
PREVIOUS = "snapshot.prev"


def log_path(folder: str, generation: int) -> str:
    return os.path.join(folder, f"log.{generation}")


def log_generations(folder: str) -> list[int]:
    """The generations that have a log, oldest first; none when there is no such folder."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(int(name[4:]) for name in names if name.startswith("log.") and name[4:].isdigit())


def start_generation(folder: str, state: State, *, keep_previous: bool = True) -> int:
    """Write `state` as the next generation; returns the size of its log in bytes. Under the lock only.

    The generation before stays whole (snapshot.prev and its log), for `repair`; without `keep_previous`
    nothing of it stays.

    Raises:
        OSError: the old generation is still the valid one, or the new one is; never a mixture.
    """
    before = state.generation if keep_previous else 0
    state.generation += 1
    head = head_line(state)
    snapshot, previous = os.path.join(folder, SNAPSHOT), os.path.join(folder, PREVIOUS)
    write_new(log_path(folder, state.generation), head)
    write_new(f"{snapshot}.tmp", dump(state))
    if before:
        write_new(f"{previous}.tmp", read_whole(snapshot))
    flush_folder(folder)
    if before:
        os.rename(f"{previous}.tmp", previous)
    os.rename(f"{snapshot}.tmp", snapshot)
    flush_folder(folder)
    _remove_logs_before(folder, before or state.generation)
    if not keep_previous and os.path.exists(previous):
        os.unlink(previous)
    return len(head)


def _remove_logs_before(folder: str, generation: int) -> None:
    for old in log_generations(folder):
        if old < generation:
            os.unlink(log_path(folder, old))
