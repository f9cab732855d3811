"""The file ledger keeps the contract, warm and cold, and keeps its folder in order."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, cast

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Rule, Spent
from runner.allowance.protocol import Ledger
from runner.errors import StoreFailed, UsageProblem
from tests.allowance.contract import WholeContract
from tests.allowance.folders import open_ledger
from tests.allowance.world import DAY_S, ME, NOON, World, ask, quota, spend, spent, used_held


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


def test_a_name_too_long_is_refused(folder: Path) -> None:
    ledger = open_ledger(World(), folder)

    with pytest.raises(UsageProblem, match="too long"):
        ledger.reserve(ask("x" * 2_000), ME)
    with pytest.raises(UsageProblem, match="too long"):
        ledger.check(ask(model="x" * 2_000))


def test_a_number_too_large_is_refused(folder: Path) -> None:
    with pytest.raises(UsageProblem, match="amount"):
        open_ledger(World(), folder).reserve(ask(tokens=2**63), ME)


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
