"""What every ledger promises; each driver's tests inherit these and say how to make one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runner.allowance.model import HoldState, Limits, Rule, Spent, Tokens
from runner.allowance.protocol import Ledger
from runner.errors import Conflict, StoreFailed, UsageProblem
from tests.allowance.world import (
    DAY_S,
    ME,
    NOON,
    World,
    ask,
    denied_by,
    process,
    quota,
    spend,
    spent,
    tomorrow,
    used_held,
    with_limits,
)

MIDNIGHT = datetime.fromtimestamp(20_001 * DAY_S, tz=UTC)


class LedgerContract:
    """Needs the fixtures `world` and `ledger`."""

    @pytest.fixture
    def world(self) -> World:
        return World(
            limits=Limits(daily_tokens=1_000, daily_jobs=10, concurrent_jobs=3, daily_cost_nano=1_000)
        )


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

    def test_an_unknown_reservation_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageProblem, match="no reservation nobody"):
            ledger.settle("nobody", spent(1), failed=False)

    def test_negative_usage_is_refused(self, ledger: Ledger) -> None:
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

    def test_an_unknown_reservation_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageProblem, match="no reservation nobody"):
            ledger.release("nobody")


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
