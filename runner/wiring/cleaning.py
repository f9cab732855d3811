"""Builds the house-keeping from settings; and a short round of it after a run, once a day."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runner.process.stop import Stop, StopReason

if TYPE_CHECKING:
    from runner.runs.cleaning import Cleaner, CleanReport
    from runner.runs.keeping import Bounds
    from runner.tasks.model import Task
    from runner.wiring.app import App

log = logging.getLogger("runner.clean")

EACH_S = 86_400.0
"""How often a round is made without being asked for."""
BUDGET_S = 5.0
STAMP = "cleaned"
"""A file of our state: when the last round by itself began."""


def bounds_of(app: App, *, days: float | None = None, runs: int | None = None) -> Bounds:
    """What the settings say may stay; `days` and `runs` go before them."""
    from runner.runs.keeping import MB, Bounds

    keep = app.settings.keep
    return Bounds(
        runs=keep.runs if runs is None else runs,
        days=keep.days if days is None else days,
        size_bytes=keep.size_mb * MB,
    )


def build_cleaner(app: App, bounds: Bounds, stop: Stop, *, collect_always: bool = True) -> Cleaner:
    """One round of house-keeping over all of this user's folders, whatever checkout we stand in."""
    from runner.errors import RunnerError, UnknownTask
    from runner.runs.cleaning import Cleaner, Upkeep
    from runner.runs.finding import Awaiting, Shelves
    from runner.runs.finding_clones import Grounds

    def task(task_id: str) -> Task:
        if not _board_is_there(app):
            raise UnknownTask(f"there is no task {task_id!r}")
        return app.board.get(task_id)

    def archive(dry_run: bool) -> int:
        return app.archive_ended(dry_run=dry_run) if _board_is_there(app) else 0

    def is_unknown(error: RunnerError) -> bool:
        return isinstance(error, UnknownTask)

    shelves = Shelves(
        paths=app.paths,
        bounds=bounds,
        now_s=time.time(),
        awaiting=Awaiting(task=task, is_unknown=is_unknown),
    )
    return Cleaner(
        shelves=shelves,
        grounds=Grounds(shelves=shelves, source=app.environ, stop=stop),
        upkeep=Upkeep(archive=archive, collect_always=collect_always),
        stop=stop,
    )


def _board_is_there(app: App) -> bool:
    # Asking would make the queue, which is writing.
    return app.paths.queue_file.exists()


def clean_quietly(app: App, *, budget_s: float = BUDGET_S) -> CleanReport | None:
    """A round at most once a day, for the end of a command; None when none was due. Never raises.

    It ends itself after about `budget_s` seconds: what is left is for the next day, or for `runner clean`.
    """
    try:
        if not _is_due(app.paths.state / STAMP):
            return None
        with _not_longer_than(budget_s) as stop:
            report = build_cleaner(app, bounds_of(app), stop, collect_always=False).clean(dry_run=False)
    except Exception as error:  # noqa: BLE001 - the run is over and told; this must not make it a failure
        log.warning("the house-keeping broke off: %s", error)
        return None
    if report.removed or report.failed:
        log.info("removed %d things, %d bytes", len(report.removed), report.freed_bytes)
    return report


def _is_due(stamp: Path) -> bool:
    """Whether a day has passed since the last round, or the first run; if so, this one is noted before it begins.

    Raises:
        OSError: the state cannot be written, so nothing could be removed either.
    """
    try:
        # Also when a clock that was wrong has been set back since.
        if abs(time.time() - stamp.stat().st_mtime) < EACH_S:
            return False
    except FileNotFoundError:
        # Nothing of ours is a day old yet.
        stamp.touch(mode=0o600)
        return False
    os.utime(stamp)
    return True


@contextmanager
def _not_longer_than(seconds: float) -> Iterator[Stop]:
    stop = Stop()
    timer = threading.Timer(seconds, stop.set, (StopReason.DEADLINE, "the time for it is over"))
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()
