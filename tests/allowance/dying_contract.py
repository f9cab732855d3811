"""What every ledger promises of holders that die: their room is taken, and what they spent is charged."""

from __future__ import annotations

import pytest

from runner.allowance.model import HoldState, Rule
from runner.allowance.protocol import Ledger
from runner.errors import Conflict
from tests.allowance.world import (
    DAY_S,
    ME,
    LedgerContract,
    World,
    ask,
    denied_by,
    process,
    spent,
    used_held,
    with_limits,
)


class Dying(LedgerContract):
    def test_a_dead_holders_slot_is_free_again(self, world: World, ledger: Ledger) -> None:
        with_limits(world, concurrent_jobs=1)
        ledger.reserve(ask("r-1", tokens=300, cost=30), process(7))
        assert denied_by(ledger.reserve(ask("r-2"), ME)) is Rule.CONCURRENT_JOBS
        world.dead.add(process(7))

        assert ledger.check(ask("r-2")).granted
        assert ledger.reserve(ask("r-2"), ME).granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (300, 100)

    def test_nothing_known_is_charged_in_full(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=300, cost=30), process(7))
        ledger.reserve(ask("r-2"), ME)
        world.dead.add(process(7))

        (closed,) = ledger.reap()

        assert (closed.id, closed.state, closed.tokens, closed.cost_nano) == (
            "r-1",
            HoldState.SETTLED,
            300,
            30,
        )
        assert [hold.id for hold in ledger.open_holds()] == ["r-2"]
        assert ledger.reap() == ()

    def test_what_was_seen_is_charged_and_unseen_money_in_full(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=300, cost=30), process(7))
        ledger.seen("r-1", spent(120))
        world.dead.add(process(7))

        (closed,) = ledger.reap()

        assert (closed.tokens, closed.cost_nano) == (120, 30)

    def test_the_late_word_of_a_reaped_run_is_added_once(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=300, cost=30), process(7))
        world.dead.add(process(7))
        ledger.reap()

        closed = ledger.settle("r-1", spent(450, 20), failed=False)

        assert (closed.tokens, closed.cost_nano) == (450, 30)
        assert used_held(ledger, Rule.DAILY_TOKENS) == (450, 0)
        assert used_held(ledger, Rule.DAILY_COST) == (30, 0)
        assert used_held(ledger, Rule.DAILY_JOBS) == (1, 0)
        assert ledger.settle("r-1", spent(900, 90), failed=False) == closed

    def test_a_reaped_run_that_spent_less_gets_nothing_back(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=300, cost=30), process(7))
        world.dead.add(process(7))
        ledger.reap()

        assert ledger.settle("r-1", spent(1, 1), failed=False).tokens == 300

    def test_a_dead_holder_is_left_alone_while_nobody_needs_the_room(
        self, world: World, ledger: Ledger
    ) -> None:
        ledger.reserve(ask("r-1"), process(7))
        world.dead.add(process(7))

        ledger.reserve(ask("r-2"), ME)

        assert [hold.id for hold in ledger.open_holds()] == ["r-1", "r-2"]

    def test_growth_may_take_the_room_of_the_dead(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900), process(7))
        ledger.seen("r-1", spent(10))
        ledger.reserve(ask("r-2", tokens=100), ME)
        world.dead.add(process(7))

        assert ledger.resize("r-2", tokens=900, cost_nano=10).granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (10, 900)

    def test_a_run_that_speaks_is_not_taken_for_dead(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=600), process(7))
        ledger.reserve(ask("r-2", tokens=400), ME)
        world.dead.add(process(7))

        answer = ledger.resize("r-1", tokens=700, cost_nano=10)

        assert denied_by(answer) is Rule.DAILY_TOKENS
        assert [hold.id for hold in ledger.open_holds()] == ["r-1", "r-2"]

    def test_a_holder_that_cannot_be_seen_counts_as_alive_for_a_day(
        self, world: World, ledger: Ledger
    ) -> None:
        ledger.reserve(ask("r-1"), process(7))
        world.unseen.add(process(7))
        world.now += DAY_S
        assert ledger.reap() == ()

        world.now += 1

        assert [closed.id for closed in ledger.reap()] == ["r-1"]

    def test_a_resumed_run_takes_its_hold_over(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), process(7))
        world.dead.add(process(7))

        taken = ledger.adopt("r-1", process(8))

        assert taken is not None
        assert taken.holder == process(8)
        assert ledger.reap() == ()
        assert ledger.open_holds() == (taken,)

    def test_adopting_what_is_ones_own_changes_nothing(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)

        assert ledger.adopt("r-1", ME) == ledger.open_holds()[0]

    def test_a_living_holder_keeps_its_hold(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), process(7))

        with pytest.raises(Conflict):
            ledger.adopt("r-1", process(8))

    def test_there_is_nothing_to_adopt_when_unknown_or_closed(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        ledger.release("r-1")

        assert ledger.adopt("r-1", ME) is None
        assert ledger.adopt("nobody", ME) is None
