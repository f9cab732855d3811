"""Commands that only look leave the home folder as it was: no file, no byte, no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console

LOOKING = (
    ("claim", "--dry-run"),
    ("list",),
    ("show", "T-1"),
    ("status",),
    ("runs",),
)


def listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (stat.st_size, stat.st_mtime_ns, stat.st_mode) for path, stat in found.items()}


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
@pytest.mark.parametrize("queue", [False, True], ids=["fresh", "with a queue"])
def test_looking_writes_nothing(console: Console, words: tuple[str, ...], queue: bool) -> None:
    if queue:
        console.ok("submit", "Fix the clock")
    before = listing(console.home)

    said = console(*words)

    assert said.code == (0 if queue or words[0] not in {"claim", "show"} else said.code)
    assert "bug" not in said.err
    assert listing(console.home) == before
