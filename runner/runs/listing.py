"""Which runs did not come to their end: at work in some process, killed, or waiting to deliver."""

from __future__ import annotations

import logging
from pathlib import Path

from runner.errors import StoreFailed
from runner.runs.record import RunRecord, list_runs, open_run

log = logging.getLogger("runner.runs")


def unfinished(runs: Path) -> tuple[RunRecord, ...]:
    """Runs without an ending, oldest first; a damaged record is logged and passed over."""
    folders = [folder for folder in list_runs(runs) if not (folder / "outcome.json").exists()]
    found: list[RunRecord] = []
    for folder in reversed(folders):
        try:
            found.append(open_run(runs, folder.name))
        except StoreFailed as damaged:
            log.warning("%s", damaged)
    return tuple(found)
