"""Stores with a history, in memory where there is such a file system: what is tested is logic, not the disk."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Quota, Reservation, Spent, Tokens
from runner.allowance.protocol import Ledger
from tests.allowance.world import ME, World, ask, process, spend, spent

MEMORY = Path("/dev/shm")


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A fresh folder whose flushes cost nothing."""
    place = Path(tempfile.mkdtemp(prefix="allowance-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield place / "allowance"
    finally:
        shutil.rmtree(place)


def open_ledger(world: World, folder: Path, *, timeout_s: float = 10.0) -> FileLedger:
    return FileLedger(folder, world.limits_of, world.clock, world.is_alive, timeout_s=timeout_s)


def with_history(folder: Path, world: World) -> None:
    """Several generations, two days, closed runs of every kind, two open holds, and some lines in the log."""
    ledger = open_ledger(world, folder)
    for number in range(4):
        spend(ledger, number, run_id=f"old-{number}", agent=("me", "you")[number % 2])
    ledger.reserve(ask("open-1", tokens=500, cost=50), ME)
    talk(ledger, "open-1", LOG_LINES)
    world.now += 86_400
    spend(ledger, 70, run_id="new")
    ledger.reserve(ask("open-2", agent="you", tokens=900, cost=90), process(7))
    talk(ledger, "open-2", LOG_LINES)
    for number in range(5):
        spend(ledger, 1_000, run_id=f"newest-{number}")
    ledger.reserve(ask("gone", tokens=70), process(66))
    ledger.release("gone")
    ledger.seen("open-2", spent(1_000, 100, cache_read=5))
    ledger.resize("open-1", tokens=600, cost_nano=60)


def talk(ledger: Ledger, run_id: str, lines: int, *, start: int = 0) -> None:
    """Fill the log with reports."""
    for number in range(start, start + lines):
        ledger.seen(run_id, Spent(tokens=Tokens(output=number + 1)))


def picture(
    folder: Path, world: World
) -> tuple[tuple[Quota, ...], tuple[Quota, ...], tuple[Reservation, ...]]:
    """All that a reader of the store can see today."""
    ledger = open_ledger(world, folder)
    return ledger.quotas("me"), ledger.quotas("you"), ledger.open_holds()


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def nearly_full_log(folder: Path, world: World) -> dict[str, bytes]:
    """The files of a store whose second change from now starts a new generation."""
    ledger = open_ledger(world, folder)
    ledger.reserve(ask("talker", tokens=LOG_LINES), ME)
    talk(ledger, "talker", LOG_LINES - 2)
    ledger.close()
    return files(folder)


def put_back(template: dict[str, bytes], folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    for name, data in template.items():
        (folder / name).write_bytes(data)


def stored(folder: Path) -> set[str]:
    """The ids of all open holds, as a fresh process reads them."""
    ledger = FileLedger(folder, lambda _: Limits(), time.time, lambda _: True)
    return {hold.id for hold in ledger.open_holds()}
