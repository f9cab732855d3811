"""Ledgers, threads and forked processes that share one folder at the same time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Rule, Spent
from runner.errors import Busy
from tests.allowance.faults import at_call
from tests.allowance.folders import open_ledger
from tests.allowance.world import ME, World, ask, quota, spend, used_held


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "allowance"


class TestTwoLedgersInTurn:
    def test_each_sees_what_the_other_wrote(self, folder: Path) -> None:
        world = World(limits=Limits(daily_tokens=10_000))
        one, other = open_ledger(world, folder), open_ledger(world, folder)

        for number in range(3 * LOG_LINES):
            ledger = one if number % 2 else other
            spend(ledger, 10, run_id=f"r-{number}")

        assert used_held(one, Rule.DAILY_TOKENS) == (30 * LOG_LINES, 0)
        assert used_held(other, Rule.DAILY_TOKENS) == (30 * LOG_LINES, 0)
        assert used_held(open_ledger(world, folder), Rule.DAILY_JOBS) == (3 * LOG_LINES, 0)


def test_readers_never_stumble_over_a_writer(folder: Path) -> None:
    world = World()
    writer, reader = open_ledger(world, folder), open_ledger(world, folder)
    writer.reserve(ask("busy"), ME)
    seen = []

    def write() -> None:
        for number in range(6 * LOG_LINES):
            writer.seen("busy", Spent(cost_nano=1_000 + number))

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive():
        seen.append(quota(reader, Rule.DAILY_COST).held)
    thread.join()

    assert seen == sorted(seen)
    assert quota(reader, Rule.DAILY_COST).held == 999 + 6 * LOG_LINES


def test_a_reader_that_is_overtaken_by_two_generations_looks_again(folder: Path) -> None:
    world = World()
    writer, reader = open_ledger(world, folder), open_ledger(world, folder)
    spend(writer, 7)

    def overtake() -> None:
        for number in range(2 * LOG_LINES):
            spend(writer, 1, run_id=f"r-{number}")

    with at_call(2, overtake, module="io", names=frozenset({"open"})) as opened:
        seen = used_held(reader, Rule.DAILY_TOKENS)

    assert seen == (7 + 2 * LOG_LINES, 0)
    assert opened() > 2


def test_threads_share_one_ledger(folder: Path) -> None:
    ledger = open_ledger(World(limits=Limits(daily_jobs=30)), folder)
    granted: list[bool] = []

    def work(name: str) -> None:
        granted.extend(ledger.reserve(ask(f"{name}-{number}"), ME).granted for number in range(10))

    threads = [threading.Thread(target=work, args=(f"t{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert granted.count(True) == 30
    assert len(ledger.open_holds()) == 30


def test_a_forked_child_works_on_its_own(folder: Path) -> None:
    ledger = open_ledger(World(), folder)
    ledger.reserve(ask("parent"), ME)

    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if ledger.reserve(ask("child"), ME).granted else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    ledger.reserve(ask("after"), ME)

    assert status == 0
    assert [hold.id for hold in ledger.open_holds()] == ["parent", "child", "after"]


def test_a_forked_child_and_its_parent_exclude_each_other(folder: Path) -> None:
    ledger = open_ledger(World(), folder, timeout_s=0.05)
    ledger.reserve(ask("parent"), ME)
    told, tell = os.pipe()
    go_on, let_go = os.pipe()

    child = os.fork()
    if child == 0:
        try:
            ledger._store.begin()
            os.write(tell, b"held")
            os.read(go_on, 1)
            ledger._store.leave()
        finally:
            os._exit(0)
    os.read(told, 4)
    try:
        with pytest.raises(Busy, match=f"process {child} "):
            ledger.reserve(ask("too early"), ME)
    finally:
        os.write(let_go, b".")
        os.waitpid(child, 0)
        for fd in (told, tell, go_on, let_go):
            os.close(fd)

    assert ledger.reserve(ask("after"), ME).granted
