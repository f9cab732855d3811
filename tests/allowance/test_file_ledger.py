"""The file ledger keeps the contract, warm and cold, and keeps its folder in order."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Rule, Spent
from runner.allowance.protocol import Ledger
from runner.errors import Busy, StoreFailed, UsageProblem
from tests.allowance.contract import WholeContract
from tests.allowance.faults import at_call
from tests.allowance.world import DAY_S, ME, NOON, World, ask, quota, spend, spent, used_held


def open_ledger(world: World, folder: Path, **options: Any) -> FileLedger:
    return FileLedger(folder, world.limits_of, world.clock, world.is_alive, **options)


class ColdLedger:
    """Opens the folder afresh for every call, as a process of its own would."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(open_ledger(self._world, self._folder), name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "allowance"


class TestWarmFileLedger(WholeContract):
    @pytest.fixture
    def ledger(self, world: World, folder: Path) -> Ledger:
        return open_ledger(world, folder)


class TestColdFileLedger(WholeContract):
    @pytest.fixture
    def ledger(self, world: World, folder: Path) -> Ledger:
        return cast(Ledger, ColdLedger(world, folder))


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


def test_the_folder_and_its_files_are_private(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)

    spend(open_ledger(World(), folder), 5)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_query_of_an_unused_folder_writes_nothing(folder: Path) -> None:
    ledger = open_ledger(World(), folder)

    assert ledger.open_holds() == ()
    assert ledger.check(ask()).granted
    assert [one.used for one in ledger.quotas("me")] == [0, 0, 0, 0]
    assert not folder.exists()


def test_the_log_stays_short_and_one_generation_back_is_kept(folder: Path) -> None:
    ledger = open_ledger(World(), folder)

    for number in range(2 * LOG_LINES):
        spend(ledger, 1, run_id=f"r-{number}")

    logs = sorted(folder.glob("log.*"))
    assert len(logs) == 2
    assert all(len(log.read_bytes().splitlines()) <= LOG_LINES + 2 for log in logs)
    assert (folder / "snapshot.prev").exists()
    assert not list(folder.glob("*.tmp"))


def test_closed_reservations_are_remembered_over_generations(folder: Path) -> None:
    world = World()
    ledger = open_ledger(world, folder)
    for number in range(2 * LOG_LINES):
        spend(ledger, number, run_id=f"r-{number}")

    for number in (0, 7, 2 * LOG_LINES - 1):
        assert open_ledger(world, folder).settle(f"r-{number}", spent(9_999), failed=False).tokens == number
    with pytest.raises(UsageProblem):
        open_ledger(world, folder).reserve(ask("r-0", tokens=0, cost=0), ME)


def test_a_late_word_reaches_a_reservation_that_is_packed_away(folder: Path) -> None:
    world = World()
    ledger = open_ledger(world, folder)
    ledger.reserve(ask("lost", tokens=300), ME)
    world.dead.add(ME)
    ledger.reap()
    world.dead.clear()
    for number in range(LOG_LINES):
        spend(ledger, 1, run_id=f"r-{number}")

    open_ledger(world, folder).settle("lost", spent(500), failed=False)
    for number in range(LOG_LINES):
        spend(ledger, 1, run_id=f"s-{number}")

    assert open_ledger(world, folder).settle("lost", spent(900), failed=False).tokens == 500
    assert used_held(ledger, Rule.DAILY_TOKENS) == (500 + 2 * LOG_LINES, 0)


def test_thirty_five_days_with_usage_are_kept(folder: Path) -> None:
    world = World()
    ledger = open_ledger(world, folder)
    for day in range(40):
        spend(ledger, day, run_id=f"r-{day}")
        world.now += DAY_S
    for number in range(LOG_LINES):
        spend(ledger, 0, run_id=f"fill-{number}")

    counted = []
    for day in range(40):
        world.now = NOON + day * DAY_S
        counted.append(used_held(open_ledger(world, folder), Rule.DAILY_TOKENS)[0])

    assert counted == [0] * 6 + list(range(6, 40))


def test_a_clock_that_leapt_ahead_costs_one_day_of_history(folder: Path) -> None:
    world = World()
    ledger = open_ledger(world, folder)
    spend(ledger, 77, run_id="today")
    world.now += 4_000 * DAY_S
    spend(ledger, 5, run_id="far")
    fill_the_log(ledger)

    world.now = NOON

    assert used_held(open_ledger(world, folder), Rule.DAILY_TOKENS)[0] == 77


def test_days_without_usage_push_no_history_out(folder: Path) -> None:
    world = World()
    ledger = open_ledger(world, folder)
    spend(ledger, 77, run_id="first")
    for day in range(40):
        world.now += DAY_S
        ledger.reserve(ask(f"r-{day}"), ME)
        ledger.release(f"r-{day}")
    fill_the_log(ledger)

    world.now = NOON

    assert used_held(open_ledger(world, folder), Rule.DAILY_TOKENS)[0] == 77


def fill_the_log(ledger: FileLedger) -> None:
    """Until a new generation has begun."""
    ledger.reserve(ask("filler"), ME)
    for number in range(LOG_LINES + 1):
        ledger.seen("filler", Spent(cost_nano=1_000 + number))


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


def test_a_name_too_long_is_refused(folder: Path) -> None:
    ledger = open_ledger(World(), folder)

    with pytest.raises(UsageProblem, match="too long"):
        ledger.reserve(ask("x" * 2_000), ME)
    with pytest.raises(UsageProblem, match="too long"):
        ledger.check(ask(model="x" * 2_000))


def test_a_number_too_large_is_refused(folder: Path) -> None:
    with pytest.raises(UsageProblem, match="amount"):
        open_ledger(World(), folder).reserve(ask(tokens=2**63), ME)


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


def test_a_ledger_goes_on_after_it_was_closed(folder: Path) -> None:
    ledger = open_ledger(World(), folder)
    ledger.reserve(ask("r-1"), ME)
    ledger.close()

    assert ledger.release("r-1").tokens == 0


def test_a_folder_that_vanished_starts_anew(folder: Path) -> None:
    ledger = open_ledger(World(), folder)
    ledger.reserve(ask("r-1"), ME)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()

    assert ledger.reserve(ask("r-2"), ME).granted
    assert [hold.id for hold in ledger.open_holds()] == ["r-2"]


def test_a_file_in_the_place_of_the_folder_is_one_clear_line(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    ledger = open_ledger(World(), folder)

    with pytest.raises(StoreFailed, match="cannot be used") as error:
        ledger.reserve(ask(), ME)

    assert error.value.exit_code == 5
    assert error.value.hint
    with pytest.raises(StoreFailed, match="cannot be used"):
        ledger.quotas("me")


def test_a_warning_is_shown_in_the_quota_too(folder: Path) -> None:
    ledger = open_ledger(World(limits=Limits(daily_tokens=10)), folder)

    ledger.reserve(ask(tokens=8), ME)

    assert quota(ledger, Rule.DAILY_TOKENS).warning


def test_nothing_is_appended_without_the_lock(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="within a change"):
        open_ledger(World(), folder)._store.append(["X", "1", "r-1"])
