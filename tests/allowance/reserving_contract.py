"""What every ledger promises of asking: what is reserved, and what is denied and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.allowance.model import HoldState, Limits, Rule
from runner.allowance.protocol import Ledger
from runner.errors import UsageProblem
from tests.allowance.world import (
    DAY_S,
    ME,
    LedgerContract,
    World,
    ask,
    denied_by,
    process,
    quota,
    spend,
    spent,
    used_held,
    with_limits,
)

MIDNIGHT = datetime.fromtimestamp(20_001 * DAY_S, tz=UTC)


class Reserving(LedgerContract):
    def test_a_reservation_is_held_in_every_dimension(self, ledger: Ledger) -> None:
        answer = ledger.reserve(ask(tokens=300, cost=40), ME)

        assert answer.granted
        assert answer.denial is None
        assert [(one.rule, one.used, one.held, one.left) for one in ledger.quotas("me")] == [
            (Rule.DAILY_TOKENS, 0, 300, 700),
            (Rule.DAILY_JOBS, 0, 1, 9),
            (Rule.CONCURRENT_JOBS, 0, 1, 2),
            (Rule.DAILY_COST, 0, 40, 960),
        ]

    def test_a_hold_knows_its_process_its_day_and_its_repository(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-7", repository="github.com/a/b"), process(7))

        (hold,) = ledger.open_holds()

        assert (hold.id, hold.agent_id, hold.model, hold.repository) == (
            "r-7",
            "me",
            "sonnet",
            "github.com/a/b",
        )
        assert (hold.day, hold.state, hold.holder) == (20_000, HoldState.OPEN, process(7))

    def test_a_denied_ask_leaves_no_trace(self, ledger: Ledger) -> None:
        answer = ledger.reserve(ask(tokens=1_001), ME)

        assert denied_by(answer) is Rule.DAILY_TOKENS
        assert ledger.open_holds() == ()
        assert all(one.used == one.held == 0 for one in ledger.quotas("me"))

    def test_the_last_grant_may_reach_the_limit_and_not_pass_it(self, ledger: Ledger) -> None:
        assert ledger.reserve(ask("r-1", tokens=600), ME).granted

        assert denied_by(ledger.reserve(ask("r-2", tokens=401), ME)) is Rule.DAILY_TOKENS
        assert ledger.reserve(ask("r-2", tokens=400), ME).granted
        assert quota(ledger, Rule.DAILY_TOKENS).left == 0

    def test_a_repeat_is_granted_again_without_a_second_hold(self, ledger: Ledger) -> None:
        ledger.reserve(ask(tokens=600), ME)

        assert ledger.reserve(ask(tokens=600), ME).granted
        assert ledger.check(ask(tokens=600)).granted
        assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 600)

    @pytest.mark.parametrize(
        "other",
        [
            ask(tokens=101),
            ask(cost=11),
            ask(agent="you"),
            ask(model="opus"),
            ask(repository="elsewhere"),
        ],
    )
    def test_the_same_id_with_other_numbers_is_refused(self, ledger: Ledger, other: object) -> None:
        ledger.reserve(ask(), ME)

        with pytest.raises(UsageProblem):
            ledger.reserve(other, ME)  # type: ignore[arg-type]  # an Ask, from the list above
        assert len(ledger.open_holds()) == 1

    def test_a_closed_reservation_is_not_opened_again(self, ledger: Ledger) -> None:
        ledger.reserve(ask(), ME)
        ledger.settle("r-1", spent(5), failed=False)

        with pytest.raises(UsageProblem, match="closed"):
            ledger.reserve(ask(), ME)

    @pytest.mark.parametrize(
        "wrong", [ask(tokens=-1), ask(cost=-1), ask(""), ask(agent="")], ids=["tokens", "cost", "id", "agent"]
    )
    def test_an_ask_that_cannot_be_right_is_refused(self, ledger: Ledger, wrong: object) -> None:
        with pytest.raises(UsageProblem):
            ledger.reserve(wrong, ME)  # type: ignore[arg-type]  # an Ask, from the list above
        with pytest.raises(UsageProblem):
            ledger.check(wrong)  # type: ignore[arg-type]

    def test_agents_do_not_spend_each_others_allowance(self, world: World, ledger: Ledger) -> None:
        world.own_limits["you"] = Limits(daily_tokens=50)

        ledger.reserve(ask("r-1", tokens=1_000), ME)

        assert denied_by(ledger.reserve(ask("r-2", agent="you", tokens=51), ME)) is Rule.DAILY_TOKENS
        assert ledger.reserve(ask("r-2", agent="you", tokens=50), ME).granted
        assert [hold.id for hold in ledger.open_holds("you")] == ["r-2"]
        assert [hold.id for hold in ledger.open_holds()] == ["r-1", "r-2"]

    def test_names_may_hold_any_character(self, ledger: Ledger) -> None:
        odd = "a\tb\nc\\t\r\\ \N{SNOWMAN}\x00"
        ledger.reserve(ask("r\t1\n", agent=odd, model=odd, repository=odd), ME)

        (hold,) = ledger.open_holds(odd)

        assert (hold.id, hold.agent_id, hold.model, hold.repository) == ("r\t1\n", odd, odd, odd)
        assert ledger.settle("r\t1\n", spent(9), failed=False).tokens == 9
        assert used_held(ledger, Rule.DAILY_TOKENS, odd) == (9, 0)

    def test_a_check_answers_like_a_reserve_and_writes_nothing(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900), ME)

        for wanted in (ask("r-2", tokens=100), ask("r-3", tokens=101), ask("r-1", tokens=900)):
            assert ledger.check(wanted) == ledger.check(wanted)
            before = ledger.quotas("me"), ledger.open_holds()
            assert ledger.check(wanted).granted is (wanted.tokens != 101)
            assert (ledger.quotas("me"), ledger.open_holds()) == before


class Denying(LedgerContract):
    def test_the_first_rule_in_order_is_named(self, world: World, ledger: Ledger) -> None:
        world.limits = Limits(
            models=("haiku",), daily_tokens=0, daily_jobs=0, concurrent_jobs=0, daily_cost_nano=0
        )
        named = []

        for freed in ("models", "daily_tokens", "daily_jobs", "concurrent_jobs", "daily_cost_nano"):
            named.append(denied_by(ledger.reserve(ask(), ME)))
            with_limits(world, **{freed: None})

        assert named == list(Rule)
        assert ledger.reserve(ask(), ME).granted

    def test_a_denial_tells_used_held_limit_and_when(self, ledger: Ledger) -> None:
        spend(ledger, 500)
        ledger.reserve(ask("r-2", tokens=200), ME)

        answer = ledger.reserve(ask("r-3", tokens=600), ME)

        assert answer.denial is not None
        assert (answer.denial.used, answer.denial.held, answer.denial.limit) == (500, 200, 1_000)
        assert answer.denial.retry_at == MIDNIGHT
        assert "600 tokens" in answer.denial.reason

    def test_a_fourth_job_waits_for_one_of_three_to_end(self, ledger: Ledger) -> None:
        for number in range(3):
            assert ledger.reserve(ask(f"r-{number}", tokens=1, cost=1), ME).granted

        answer = ledger.reserve(ask("r-3", tokens=1, cost=1), ME)
        ledger.settle("r-0", spent(1, 1), failed=False)

        assert denied_by(answer) is Rule.CONCURRENT_JOBS
        assert answer.denial is not None
        assert answer.denial.retry_at is None
        assert ledger.reserve(ask("r-3", tokens=1, cost=1), ME).granted

    def test_jobs_are_counted_done_or_running(self, world: World, ledger: Ledger) -> None:
        with_limits(world, daily_jobs=2)
        spend(ledger, 1)
        ledger.reserve(ask("r-2"), ME)

        answer = ledger.reserve(ask("r-3"), ME)

        assert denied_by(answer) is Rule.DAILY_JOBS
        assert used_held(ledger, Rule.DAILY_JOBS) == (1, 1)

    def test_money_denies_last(self, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", cost=900), ME)

        answer = ledger.reserve(ask("r-2", cost=101), ME)

        assert denied_by(answer) is Rule.DAILY_COST

    def test_what_is_not_limited_is_never_denied(self, world: World, ledger: Ledger) -> None:
        world.limits = Limits()

        for number in range(20):
            assert ledger.reserve(ask(f"r-{number}", tokens=10**12, cost=10**12), ME).granted

        assert all(one.limit is None and one.left is None for one in ledger.quotas("me"))

    def test_a_changed_limit_holds_at_once(self, world: World, ledger: Ledger) -> None:
        ledger.reserve(ask("r-1", tokens=900), ME)
        with_limits(world, daily_tokens=2_000)

        assert ledger.reserve(ask("r-2", tokens=1_100), ME).granted

    def test_a_warning_comes_from_four_fifths_on(self, ledger: Ledger) -> None:
        spend(ledger, 799)
        before = ledger.check(ask(tokens=1)).warnings
        ledger.reserve(ask("r-2", tokens=1), ME)

        after = ledger.check(ask("r-3", tokens=1)).warnings

        assert before == ()
        assert [one.rule for one in after] == [Rule.DAILY_TOKENS]
