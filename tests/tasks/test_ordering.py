"""Order, eligibility and cycles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.tasks.model import Priority
from runner.tasks.ordering import find_cycle, is_eligible, order_key

HOUR = 3_600_000_000
NOW = 1_800_000_000_000_000


@given(first=st.integers(0, 2**52), second=st.integers(0, 2**52), priority=st.sampled_from(Priority))
def test_of_equal_priority_the_older_comes_first(first: int, second: int, priority: Priority) -> None:
    one, two = order_key(first, priority, HOUR), order_key(second, priority, HOUR)

    assert (one < two) == (first < second)


@given(st.integers(0, 2**52), st.integers(0, 2**52), st.sampled_from([Priority.HIGH, Priority.LOW]))
def test_a_critical_task_comes_before_any_other(critical: int, other: int, priority: Priority) -> None:
    assert order_key(critical, Priority.CRITICAL, HOUR) < order_key(other, priority, HOUR)


def test_two_hours_make_a_low_task_as_good_as_a_high_one() -> None:
    assert order_key(NOW - 2 * HOUR, Priority.LOW, HOUR) == order_key(NOW, Priority.HIGH, HOUR)


def test_keys_fit_into_64_bits() -> None:
    assert all(abs(order_key(2**53, priority, 100 * HOUR)) < 2**63 for priority in Priority)


def test_an_agent_must_have_all_that_is_required() -> None:
    assert is_eligible((), ())
    assert is_eligible(("gpu",), ("linux", "gpu"))
    assert not is_eligible(("gpu", "mac"), ("linux", "gpu"))


def test_a_task_that_would_wait_for_itself_is_found_with_its_chain() -> None:
    needs = {"T-2": ["T-3", "T-4"], "T-3": [], "T-4": ["T-5"], "T-5": ["T-1"]}

    assert find_cycle("T-1", ["T-3", "T-2"], lambda task: needs[task]) == ("T-2", "T-4", "T-5", "T-1")
    assert find_cycle("T-1", ["T-1"], lambda _: []) == ("T-1",)


def test_a_diamond_is_no_cycle() -> None:
    needs = {"T-2": ["T-4"], "T-3": ["T-4"], "T-4": []}

    assert find_cycle("T-1", ["T-2", "T-3"], lambda task: needs[task]) == ()


def test_a_cycle_elsewhere_is_not_followed_for_ever() -> None:
    needs = {"T-2": ["T-3"], "T-3": ["T-2"]}

    assert find_cycle("T-1", ["T-2"], lambda task: needs[task]) == ()


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=40))
def test_a_cycle_is_found_exactly_when_the_task_can_reach_itself(edges: list[tuple[int, int]]) -> None:
    needs: dict[int, list[int]] = {number: [] for number in range(1, 13)}
    for task, need in edges:
        needs[task].append(need)

    cycle = find_cycle(1, needs[1], lambda task: needs[task])

    reached, fresh = set(needs[1]), set(needs[1])
    while fresh:
        fresh = {need for task in fresh for need in needs[task]} - reached
        reached |= fresh
    assert bool(cycle) == (1 in reached)
    assert all(step in needs[before] for before, step in zip((1, *cycle), cycle, strict=False))
