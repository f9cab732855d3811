"""Money and tokens of one call, however they were told."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runner.allowance.model import Tokens
from runner.claude.spending import NOTHING, Spending
from runner.claude.stream import StreamReader
from tests.support.claude_lines import line, message, result, said, started

ONE = Tokens(input=1000, output=50)
CENT = 10_000_000


def cost(reader: StreamReader) -> int:
    return reader.account.spent.cost_nano_usd


def read(reader: StreamReader, *lines: bytes) -> StreamReader:
    for each in lines:
        reader.read(each)
    return reader


def before(cost_nano_usd: int, tokens: Tokens = ONE) -> StreamReader:
    return StreamReader(Spending(tokens=tokens, cost_nano_usd=cost_nano_usd))


def test_the_same_message_told_many_times_counts_once_and_in_full() -> None:
    reader = read(
        StreamReader(),
        message("m1", said("a"), usage={"input_tokens": 1000, "output_tokens": 1}),
        message("m1", said("b"), usage={"input_tokens": 1000, "output_tokens": 50}),
        message("m1", said("a"), usage={"input_tokens": 7, "output_tokens": 1}),
        message("m2", said("c"), usage={"input_tokens": 100, "output_tokens": 10}),
    )

    assert reader.account.spent.tokens == Tokens(input=1100, output=60)
    assert cost(reader) == 1100 * 4000 + 60 * 20000
    assert reader.account.estimated


def test_cache_tokens_have_their_own_prices() -> None:
    lifetimes = {"ephemeral_1h_input_tokens": 40, "ephemeral_5m_input_tokens": 60}
    usage = {
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 1000,
        "cache_creation": lifetimes,
    }

    reader = read(StreamReader(), message("m1", said("a"), usage=usage))

    assert reader.account.spent.tokens == Tokens(cache_creation=100, cache_read=1000)
    assert cost(reader) == 60 * 5000 + 40 * 8000 + 1000 * 200


def test_a_result_replaces_the_estimate() -> None:
    reader = read(
        StreamReader(), started("m1", input_tokens=9), result(cost_usd=0.01, tokens=ONE, since=(ONE, 0.01))
    )

    assert reader.account.spent == Spending(tokens=ONE, cost_nano_usd=CENT)
    assert not reader.account.estimated


def test_what_comes_after_a_result_is_estimated_on_top() -> None:
    first = result(cost_usd=0.01, tokens=ONE, since=(ONE, 0.01))

    reader = read(StreamReader(), started("m1", input_tokens=9), first, started("m2", input_tokens=1000))

    assert cost(reader) == CENT + 4_000_000
    assert reader.account.estimated


def test_results_of_one_call_are_not_added_up_twice() -> None:
    reader = read(
        StreamReader(),
        result(cost_usd=0.01, tokens=ONE, since=(ONE, 0.01)),
        result(cost_usd=0.03, tokens=ONE + ONE, since=(ONE, 0.02)),
    )

    assert reader.account.spent == reader.account.total == Spending(tokens=ONE + ONE, cost_nano_usd=3 * CENT)


def test_after_a_resume_only_what_is_new_counts() -> None:
    later = result(cost_usd=0.03, tokens=ONE + ONE, since=(ONE, 0.02))

    reader = read(before(CENT), later)

    assert reader.account.spent == Spending(tokens=ONE, cost_nano_usd=2 * CENT)
    assert reader.account.total == Spending(tokens=ONE + ONE, cost_nano_usd=3 * CENT)


def test_a_call_ended_by_sigterm_before_is_not_charged_again() -> None:
    # 0.02 of the total was spent by a call that was terminated: claude kept it and never printed it.
    later = result(cost_usd=0.04, tokens=ONE + ONE + ONE, since=(ONE, 0.01))

    assert cost(read(before(CENT), later)) == CENT


def test_a_version_that_tells_totals_only_is_subtracted_from() -> None:
    later = result(cost_usd=0.03, tokens=ONE + ONE)

    assert read(before(CENT), later).account.spent == Spending(tokens=ONE, cost_nano_usd=2 * CENT)


def test_a_total_below_what_was_there_before_is_of_this_call_alone() -> None:
    later = result(cost_usd=0.01, tokens=ONE)

    assert read(before(5 * CENT), later).account.spent == Spending(tokens=ONE, cost_nano_usd=CENT)


def test_one_result_without_its_own_numbers_makes_all_of_them_subtracted() -> None:
    reader = read(
        before(CENT),
        result(cost_usd=0.02, tokens=ONE, since=(ONE, 0.01)),
        result(cost_usd=0.05, tokens=ONE + ONE),
        result(cost_usd=0.06, tokens=ONE + ONE, since=(ONE, 0.01)),
    )

    assert cost(reader) == 5 * CENT


def test_a_result_that_knows_of_nothing_does_not_make_it_free() -> None:
    crash = result("", cost_usd=0, is_error=True)

    reader = read(before(CENT), started("m1", input_tokens=1000), crash)

    assert cost(reader) == 4_000_000
    assert reader.account.estimated
    assert reader.account.total == Spending(tokens=ONE, cost_nano_usd=CENT)


def test_without_a_result_the_total_is_the_last_one_reported() -> None:
    reader = read(before(CENT), started("m1", input_tokens=1000))

    assert reader.account.total == Spending(tokens=ONE, cost_nano_usd=CENT)


RESET = line(type="conversation_reset", new_conversation_id="new")


def test_after_a_reset_the_totals_begin_anew_and_nothing_is_lost() -> None:
    reader = read(
        before(CENT),
        result(cost_usd=0.03, tokens=ONE + ONE),
        started("m1", input_tokens=1000),
        RESET,
    )
    assert cost(reader) == 2 * CENT + 4_000_000

    read(reader, result(cost_usd=0.01, tokens=ONE))
    assert cost(reader) == 3 * CENT + 4_000_000
    assert reader.account.total == Spending(tokens=ONE, cost_nano_usd=CENT)


def test_after_a_reset_a_result_with_its_own_numbers_covers_what_was_not_reported() -> None:
    reader = read(StreamReader(), started("m1", input_tokens=1000), RESET)
    assert cost(reader) == 4_000_000
    assert reader.account.estimated

    read(reader, result(cost_usd=0.01, tokens=ONE, since=(ONE, 0.01)))
    assert reader.account.spent == Spending(tokens=ONE, cost_nano_usd=CENT)


def test_a_reset_before_anything_costs_nothing() -> None:
    reader = read(before(CENT), RESET)

    assert reader.account.spent == reader.account.total == NOTHING


def test_a_model_without_a_price_is_told_until_a_result_has_paid_for_it() -> None:
    unknown = started("m1", model="claude-next", input_tokens=10)
    paid = result(cost_usd=0.01, tokens=ONE, since=(ONE, 0.01))

    assert read(StreamReader(), started("m0", input_tokens=10), unknown).account.unpriced
    assert not read(StreamReader(), unknown, paid).account.unpriced
    assert not read(StreamReader(), unknown, paid, started("m2", input_tokens=5)).account.unpriced
    assert not read(StreamReader(), started("m3", model="claude-next")).account.unpriced


def test_a_crash_that_knows_of_nothing_pays_for_nothing() -> None:
    crash = result("", cost_usd=0, is_error=True)

    assert read(StreamReader(), started("m1", model="other", input_tokens=1), crash).account.unpriced


def test_absurd_money_is_none() -> None:
    for absurd in (1e30, 10**40, -1, "1"):
        assert read(StreamReader(), line(type="result", total_cost_usd=absurd)).account.spent == NOTHING


amounts = st.builds(
    Spending,
    tokens=st.builds(
        Tokens, *[], input=st.integers(0, 9), output=st.integers(0, 9), cache_read=st.integers(0, 9)
    ),
    cost_nano_usd=st.integers(0, 9),
)


@given(amounts, amounts)
def test_adding_and_taking_away_again_leaves_the_same(one: Spending, other: Spending) -> None:
    assert (one + other) - other == one
    assert one - (one + other) == NOTHING


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 50)), max_size=20))
def test_what_was_seen_never_shrinks_and_does_not_depend_on_the_order(
    told: list[tuple[str, int, int]],
) -> None:
    def account(messages: list[tuple[str, int, int]]) -> list[Spending]:
        reader = StreamReader()
        sums = []
        for name, read_, written in messages:
            reader.read(message(name, usage={"input_tokens": read_, "output_tokens": written}))
            sums.append(reader.account.spent)
        return sums

    forth, back = account(told), account(told[::-1])

    assert forth[-1:] == back[-1:]
    assert all(a.cost_nano_usd <= b.cost_nano_usd for a, b in pairwise(forth))
