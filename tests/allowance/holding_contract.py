"""What every ledger promises of an open hold: its size, and the usage seen so far."""

from __future__ import annotations

import pytest

from runner.allowance.model import Rule, Spent, Tokens
from runner.allowance.protocol import Ledger
from runner.errors import UsageProblem
from tests.allowance.world import (
    ME,
    LedgerContract,
    World,
    ask,
    denied_by,
    quota,
    spent,
    used_held,
    with_limits,
)


class Resizing(LedgerContract):
    def test_a_smaller_hold_makes_room(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=1_000, cost=500), ME)

        answer = ledger.resize("r-1", tokens=300, cost_nano=100)

        assert answer.granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 300)
        assert used_held(ledger, Rule.DAILY_COST) == (0, 100)
        assert ledger.reserve(ask("r-2", tokens=700), ME).granted

    def test_a_hold_grows_up_to_the_limit(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=300), ME)

        assert ledger.resize("r-1", tokens=1_000, cost_nano=10).granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 1_000)

    @pytest.mark.parametrize(
        ("tokens", "cost", "rule"),
        [(601, 10, Rule.DAILY_TOKENS), (100, 991, Rule.DAILY_COST), (601, 991, Rule.DAILY_TOKENS)],
    )
    def test_a_refused_growth_changes_nothing(
        self, ledger: Ledger, tokens: int, cost: int, rule: Rule
    ) -> None:
        ledger.reserve(ask("r-1", tokens=100, cost=10), ME)
        ledger.reserve(ask("r-2", tokens=400, cost=10), ME)
        before = ledger.open_holds()

        answer = ledger.resize("r-1", tokens=tokens, cost_nano=cost)

        assert denied_by(answer) is rule
        assert ledger.open_holds() == before

    def test_one_dimension_may_shrink_while_the_other_grows(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900, cost=10), ME)

        assert ledger.resize("r-1", tokens=100, cost_nano=500).granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 100)
        assert used_held(ledger, Rule.DAILY_COST) == (0, 500)

    def test_a_hold_in_debt_may_still_shrink(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900), ME)
        with_limits(world, daily_tokens=100)

        assert ledger.resize("r-1", tokens=500, cost_nano=10).granted
        assert quota(ledger, Rule.DAILY_TOKENS).left == -400

    def test_the_same_totals_are_granted(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900), ME)

        assert ledger.resize("r-1", tokens=900, cost_nano=10).granted

    def test_what_was_seen_stays_held(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=500), ME)
        ledger.seen("r-1", spent(300, 5))

        ledger.resize("r-1", tokens=100, cost_nano=1)

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 300)
        assert used_held(ledger, Rule.DAILY_COST) == (0, 5)

    def test_only_open_holds_are_resized(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        ledger.release("r-1")

        for run_id in ("r-1", "nobody"):
            with pytest.raises(UsageProblem, match=r"no .*reservation"):
                ledger.resize(run_id, tokens=1, cost_nano=1)

    def test_negative_totals_are_refused(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)

        with pytest.raises(UsageProblem):
            ledger.resize("r-1", tokens=-1, cost_nano=1)


class Seeing(LedgerContract):
    def test_usage_below_the_hold_changes_no_quota(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=100, cost=10), ME)

        ledger.seen("r-1", spent(99, 9))

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 100)

    def test_usage_above_the_hold_raises_it_past_any_limit(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=100, cost=10), ME)

        ledger.seen("r-1", spent(1_500, 2_000))

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 1_500)
        assert used_held(ledger, Rule.DAILY_COST) == (0, 2_000)
        assert quota(ledger, Rule.DAILY_TOKENS).left == -500
        assert denied_by(ledger.reserve(ask("r-2", tokens=1), ME)) is Rule.DAILY_TOKENS

    def test_reports_may_come_twice_and_out_of_order(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=1, cost=1), ME)

        for tokens in (300, 200, 300, 100):
            ledger.seen("r-1", spent(tokens, tokens))

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 300)

    def test_the_largest_of_each_class_is_kept(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=1, cost=1), ME)

        ledger.seen("r-1", Spent(tokens=Tokens(input=50, output=1)))
        ledger.seen("r-1", Spent(tokens=Tokens(input=10, output=20, cache_read=999)))

        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 70)

    def test_an_unknown_or_closed_run_is_left_alone(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        ledger.settle("r-1", spent(5), failed=False)

        ledger.seen("r-1", spent(500))
        ledger.seen("nobody", spent(500))

        assert used_held(ledger, Rule.DAILY_TOKENS) == (5, 0)

    def test_negative_usage_is_refused(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)

        with pytest.raises(UsageProblem):
            ledger.seen("r-1", Spent(tokens=Tokens(output=-1)))
