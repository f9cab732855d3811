"""What every ledger promises of the end of a hold: settled once, or given back once."""

from __future__ import annotations

import pytest

from runner.allowance.model import HoldState, Rule, Spent
from runner.allowance.protocol import Ledger
from runner.errors import UsageProblem
from tests.allowance.world import (
    ME,
    LedgerContract,
    ask,
    quota,
    spent,
    used_held,
)


class Settling(LedgerContract):
    def test_the_real_numbers_replace_the_hold(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=500, cost=500), ME)

        closed = ledger.settle("r-1", spent(120, 33, cache_read=10_000), failed=False)

        assert (closed.state, closed.tokens, closed.cost_nano) == (HoldState.SETTLED, 120, 33)
        assert [(one.used, one.held) for one in ledger.quotas("me")] == [(120, 0), (1, 0), (0, 0), (33, 0)]

    def test_more_than_held_is_booked_as_debt(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=10), ME)

        ledger.settle("r-1", spent(5_000, 7_000), failed=False)

        assert quota(ledger, Rule.DAILY_TOKENS).left == -4_000
        assert quota(ledger, Rule.DAILY_COST).left == -6_000

    def test_a_repeat_returns_the_first_answer(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        first = ledger.settle("r-1", spent(50, 5), failed=False)

        assert ledger.settle("r-1", spent(99, 9), failed=True) == first
        assert used_held(ledger, Rule.DAILY_TOKENS) == (50, 0)
        assert used_held(ledger, Rule.DAILY_JOBS) == (1, 0)

    @pytest.mark.parametrize(("tokens", "charged"), [(2_000, 1_000), (7, 4), (1, 1), (0, 0)])
    def test_a_failed_job_pays_half_its_tokens_and_all_its_money(
        self, ledger: Ledger, tokens: int, charged: int
    ) -> None:
        ledger.reserve(ask("r-1"), ME)

        closed = ledger.settle("r-1", spent(tokens, 333), failed=True)

        assert (closed.tokens, closed.cost_nano) == (charged, 333)
        assert used_held(ledger, Rule.DAILY_TOKENS) == (charged, 0)
        assert used_held(ledger, Rule.DAILY_COST) == (333, 0)

    def test_settling_an_unknown_reservation_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageProblem, match="no reservation nobody"):
            ledger.settle("nobody", spent(1), failed=False)

    def test_settling_negative_usage_is_refused(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)

        with pytest.raises(UsageProblem):
            ledger.settle("r-1", Spent(cost_nano=-1), failed=False)
        assert used_held(ledger, Rule.DAILY_COST) == (0, 10)


class Releasing(LedgerContract):
    def test_everything_is_given_back_and_the_job_too(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)

        closed = ledger.release("r-1")

        assert (closed.state, closed.tokens, closed.cost_nano) == (HoldState.RELEASED, 0, 0)
        assert all(one.used == one.held == 0 for one in ledger.quotas("me"))

    def test_a_repeat_returns_what_is(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        first = ledger.release("r-1")

        assert ledger.release("r-1") == first
        assert ledger.settle("r-1", spent(50), failed=False) == first

    def test_after_settling_nothing_is_given_back(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1"), ME)
        settled = ledger.settle("r-1", spent(50), failed=False)

        assert ledger.release("r-1") == settled
        assert used_held(ledger, Rule.DAILY_TOKENS) == (50, 0)

    def test_a_run_that_was_seen_to_spend_pays_for_it(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=500, cost=80), ME)
        ledger.seen("r-1", spent(120, 7))

        closed = ledger.release("r-1")

        assert (closed.state, closed.tokens, closed.cost_nano) == (HoldState.SETTLED, 120, 7)
        assert used_held(ledger, Rule.DAILY_JOBS) == (1, 0)

    def test_releasing_an_unknown_reservation_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageProblem, match="no reservation nobody"):
            ledger.release("nobody")
