"""A store with a history, ways to damage it, and its repair."""

from __future__ import annotations

from pathlib import Path

from runner.allowance.files.repair import Repaired, repair
from runner.allowance.model import Limits, Rule
from tests.allowance.folders import open_ledger
from tests.allowance.world import World, used_held

WORLD = World(limits=Limits(daily_tokens=10**9))


def logs(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("log.*"), key=lambda log: int(log.suffix[1:]))


def mend(folder: Path, *, dead: bool = False) -> Repaired:
    return repair(folder, now=WORLD.now, is_alive=lambda _: not dead)


def damage_line(path: Path, number: int, flip: int = 0x01) -> None:
    """Flip a bit in the middle of one line."""
    lines = path.read_bytes().split(b"\n")
    line = bytearray(lines[number])
    line[len(line) // 2] ^= flip
    lines[number] = bytes(line)
    path.write_bytes(b"\n".join(lines))


def damage_line_with(path: Path, text: bytes) -> None:
    """Damage the last line that contains the text."""
    lines = path.read_bytes().split(b"\n")
    damage_line(path, max(place for place, line in enumerate(lines) if text in line))


def taken(folder: Path, agent: str) -> int:
    return sum(used_held(open_ledger(WORLD, folder), Rule.DAILY_TOKENS, agent))
