"""A disk that is full or cannot be written: refused in one clear line, and what was there stays."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.allowance.model import Limits, Rule
from runner.errors import StoreFailed
from tests.allowance.faults import ERRORS, at_call, fail_with
from tests.allowance.folders import nearly_full_log, open_ledger, put_back, stored
from tests.allowance.world import ME, World, ask, quota

WORLD = World(limits=Limits(daily_tokens=10_000))


@contextmanager
def no_file_past(size_bytes: int) -> Iterator[None]:
    """No file may grow past this size: what a full disk does to a write, short writes too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_and_leaves_no_short_line(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("before"), ME)
    log = max(folder.glob("log.*"))
    whole = log.read_bytes()

    for room in range(0, 60, 7):
        reason = "No space left" if room else "File too large"
        with no_file_past(len(whole) + room), pytest.raises(StoreFailed, match=reason) as error:
            ledger.reserve(ask("full"), ME)
        assert "free some space" in error.value.hint
        assert log.read_bytes() == whole

    assert ledger.reserve(ask("after"), ME).granted
    assert stored(folder) == {"before", "after"}


def test_a_disk_that_is_full_during_compaction_keeps_the_old_generation(folder: Path) -> None:
    put_back(nearly_full_log(folder, WORLD), folder)
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("a"), ME)
    ledger.reserve(ask("b"), ME)
    before = stored(folder)

    for size in (0, 5, 40, 100):
        with no_file_past(size), pytest.raises(StoreFailed, match="File too large"):
            ledger.reserve(ask("full"), ME)
        assert stored(folder) == before

    assert ledger.reserve(ask("c"), ME).granted
    assert len(list(folder.glob("log.*"))) == 2
    assert not list(folder.glob("*.tmp"))


def test_queries_work_where_nothing_can_be_written(folder: Path) -> None:
    open_ledger(WORLD, folder).reserve(ask("before", tokens=7), ME)
    told = []

    with at_call(1, fail_with(ERRORS["EROFS"])) as calls:
        ledger = open_ledger(WORLD, folder)
        told = [
            ledger.check(ask("x")).granted,
            len(ledger.open_holds()),
            quota(ledger, Rule.DAILY_TOKENS).held,
        ]

    assert told == [True, 1, 7]
    assert calls() == 0
