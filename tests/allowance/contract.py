"""All that every ledger promises; each driver's tests inherit `WholeContract` and say how to make one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.allowance.model import HoldState, Limits, Rule
from runner.allowance.protocol import Ledger
from runner.errors import StoreFailed
from tests.allowance.closing_contract import Releasing, Settling
from tests.allowance.dying_contract import Dying
from tests.allowance.holding_contract import Resizing, Seeing
from tests.allowance.reserving_contract import Denying, Reserving
from tests.allowance.world import (
    DAY_S,
    ME,
    NOON,
    LedgerContract,
    World,
    ask,
    denied_by,
    quota,
    spend,
    spent,
    tomorrow,
    used_held,
)


class Days(LedgerContract):
    def test_a_new_day_starts_at_utc_midnight_by_itself(self, world: World, ledger: Ledger) -> None:
        spend(ledger, 1_000, cost=1_000)
        world.now = 20_001 * DAY_S - 1
        assert denied_by(ledger.reserve(ask("r-1"), ME)) is Rule.DAILY_TOKENS

        world.now += 1

        assert [one.used for one in ledger.quotas("me")] == [0, 0, 0, 0]
        assert ledger.reserve(ask("r-1", tokens=1_000, cost=1_000), ME).granted

    def test_an_open_hold_counts_today_and_its_job_on_its_own_day(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=600), ME)

        tomorrow(world)

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 600)
        assert used_held(ledger, Rule.DAILY_JOBS) == (0, 0)
        assert used_held(ledger, Rule.CONCURRENT_JOBS) == (0, 1)
        assert denied_by(ledger.reserve(ask("r-2", tokens=401), ME)) is Rule.DAILY_TOKENS

    def test_usage_is_booked_on_the_day_it_is_told(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        tomorrow(world)

        ledger.settle("r-1", spent(70, 7), failed=False)

        assert [one.used for one in ledger.quotas("me")] == [70, 0, 0, 7]
        world.now = NOON
        assert [one.used for one in ledger.quotas("me")] == [0, 1, 0, 0]

    def test_a_clock_that_goes_back_finds_that_days_usage(self, world: World, ledger: Ledger) -> None:
        spend(ledger, 1_000)
        tomorrow(world)
        spend(ledger, 1_000, run_id="later")

        world.now -= DAY_S

        assert denied_by(ledger.reserve(ask("r-9"), ME)) is Rule.DAILY_TOKENS

    def test_a_job_of_tomorrow_counts_when_the_clock_goes_back(self, world: World, ledger: Ledger) -> None:
        tomorrow(world)
        ledger.reserve(ask("r-1"), ME)

        world.now -= DAY_S

        assert used_held(ledger, Rule.DAILY_JOBS) == (0, 1)
        ledger.settle("r-1", spent(60), failed=False)
        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 0)
        tomorrow(world)
        assert used_held(ledger, Rule.DAILY_TOKENS) == (60, 0)

    def test_a_clock_more_than_a_day_behind_grants_nothing(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        world.now -= DAY_S + 1

        with pytest.raises(StoreFailed, match="clock"):
            ledger.reserve(ask("r-2"), ME)
        with pytest.raises(StoreFailed, match="clock"):
            ledger.check(ask("r-2"))
        with pytest.raises(StoreFailed, match="clock"):
            ledger.resize("r-1", tokens=200, cost_nano=10)
        assert ledger.resize("r-1", tokens=50, cost_nano=10).granted
        assert ledger.settle("r-1", spent(50), failed=False).state is HoldState.SETTLED

    def test_a_clock_that_leaps_ahead_costs_no_history(self, world: World, ledger: Ledger) -> None:
        spend(ledger, 1_000)
        world.now += 400 * DAY_S
        assert ledger.reserve(ask("r-1"), ME).granted
        ledger.settle("r-1", spent(1), failed=False)

        world.now = NOON

        assert quota(ledger, Rule.DAILY_TOKENS).left == 0


class FullCycle(LedgerContract):
    def test_check_reserve_resize_see_settle(self, world: World, ledger: Ledger) -> None:
        world.limits = Limits(daily_tokens=100_000, daily_jobs=10, concurrent_jobs=2)
        wanted = ask("r-1", tokens=20_000)

        assert ledger.check(wanted).granted
        assert ledger.reserve(wanted, ME).granted
        assert ledger.resize("r-1", tokens=12_000, cost_nano=10).granted
        ledger.seen("r-1", spent(3_000))
        ledger.settle("r-1", spent(8_000), failed=False)

        assert quota(ledger, Rule.DAILY_TOKENS).left == 92_000
        assert quota(ledger, Rule.DAILY_JOBS).left == 9
        assert quota(ledger, Rule.CONCURRENT_JOBS).left == 2

    def test_a_hold_survives_changes_to_others(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=100), ME)
        before = ledger.open_holds()

        spend(ledger, 10, agent="you", run_id="other")
        ledger.seen("r-1", spent(1))

        assert ledger.open_holds() == before
        assert replace(before[0], tokens=100) == before[0]


class WholeContract(Reserving, Denying, Resizing, Seeing, Settling, Releasing, Dying, Days, FullCycle):
    """All of it."""
