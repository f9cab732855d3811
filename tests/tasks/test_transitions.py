"""The transition table, the outcome table and the back-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import InvalidTransition, LeaseLost
from runner.tasks.model import FINAL, Outcome, Status
from runner.tasks.transitions import (
    BY_WISH,
    TABLE,
    Action,
    Decision,
    after,
    backoff_s,
    by_hand,
    conflict,
    decide,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def decided(outcome: Outcome, **given: object) -> Decision:
    values = {"attempts_used": 0, "max_attempts": 3, "now": NOW, "jitter": 1.0, **given}
    return decide(outcome, **values)  # type: ignore[arg-type]  # test shorthand


def test_a_task_that_has_ended_can_only_be_requeued() -> None:
    assert {(status, action) for status, action in TABLE if status in FINAL} == {
        (status, Action.REQUEUE) for status in FINAL
    }


def test_only_a_claim_puts_a_task_into_somebodys_hands() -> None:
    assert {action for (_, action), after in TABLE.items() if after is Status.IN_PROGRESS} == {Action.CLAIM}


def test_every_status_can_be_left() -> None:
    assert {status for (status, _), after in TABLE.items() if after is not status} == set(Status)


def test_every_status_but_in_progress_can_be_wished_for() -> None:
    assert set(BY_WISH) == set(Status) - {Status.IN_PROGRESS}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_what_is_not_in_the_table_is_a_conflict_with_a_hint(status: Status, action: Action) -> None:
    if (status, action) in TABLE:
        assert after(status, action, "T-1") is TABLE[status, action]
        return

    with pytest.raises(InvalidTransition) as told:
        after(status, action, "T-1")

    said, _, refused = str(told.value).partition(": it cannot be ")
    assert said == f"T-1 is {status.value.replace('_', ' ')}"
    assert refused
    assert told.value.hint
    assert told.value.exit_code == 3


def test_a_conflict_says_what_would_help() -> None:
    assert "runner answer" in conflict(Status.BLOCKED, "T-1 is blocked").hint


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.LEASE_LOST}))
def test_every_outcome_leads_somewhere_that_a_held_task_may_go(outcome: Outcome) -> None:
    assert (Status.IN_PROGRESS, decided(outcome).action) in TABLE


def test_a_lost_lease_leads_nowhere() -> None:
    with pytest.raises(LeaseLost):
        decided(Outcome.LEASE_LOST)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Outcome.DONE, True),
        (Outcome.DONE_NO_CHANGE, True),
        (Outcome.NEEDS_INPUT, False),
        (Outcome.CHECKS_FAILED, True),
        (Outcome.BUDGET, True),
        (Outcome.TURNS, True),
        (Outcome.TIMEOUT, True),
        (Outcome.OVERLOADED, True),
        (Outcome.CRASHED, True),
        (Outcome.NO_RESULT, True),
        (Outcome.CONTEXT_OVERFLOW, True),
        (Outcome.LIMIT_UNTIL, False),
        (Outcome.AUTH, False),
        (Outcome.BILLING, False),
        (Outcome.INVALID_REQUEST, True),
        (Outcome.CANCELLED, False),
    ],
)
def test_only_a_real_try_uses_an_attempt(outcome: Outcome, counts: bool) -> None:
    assert decided(outcome).counts_attempt is counts


@pytest.mark.parametrize(
    ("used", "action"), [(0, Action.RETRY), (1, Action.RETRY), (2, Action.BURY), (9, Action.BURY)]
)
def test_the_last_attempt_buries_the_task(used: int, action: Action) -> None:
    assert decided(Outcome.TIMEOUT, attempts_used=used, max_attempts=3).action is action


@pytest.mark.parametrize(
    ("failures", "most_s"), [(1, 5.0), (2, 10.0), (3, 20.0), (4, 40.0), (11, 3_600.0), (10**9, 3_600.0)]
)
def test_the_wait_doubles_up_to_an_hour(failures: int, most_s: float) -> None:
    assert backoff_s(failures, 1.0) == most_s


@given(failures=st.integers(1, 10**6), jitter=st.floats(0, 1))
def test_the_wait_is_anything_up_to_its_ceiling(failures: int, jitter: float) -> None:
    assert 0 <= backoff_s(failures, jitter) <= min(3_600.0, backoff_s(failures, 1.0))


@given(
    outcome=st.sampled_from(sorted(set(Outcome) - {Outcome.LEASE_LOST})),
    used=st.integers(0, 100),
    most=st.integers(1, 100),
    jitter=st.floats(0, 1),
    reset_s=st.none() | st.floats(-1e8, 1e8),
)
def test_a_decision_is_always_one_of_the_table_and_parks_within_a_month(
    outcome: Outcome, used: int, most: int, jitter: float, reset_s: float | None
) -> None:
    retry_at = None if reset_s is None else NOW + timedelta(seconds=reset_s)

    decision = decided(outcome, attempts_used=used, max_attempts=most, jitter=jitter, retry_at=retry_at)

    status = after(Status.IN_PROGRESS, decision.action, "T-1")
    assert (decision.not_before is not None) == (decision.action in (Action.RETRY, Action.PARK))
    assert decision.not_before is None or NOW <= decision.not_before <= NOW + timedelta(days=31)
    assert status is not Status.PENDING or not decision.counts_attempt or used + 1 < most


@pytest.mark.parametrize(
    ("outcome", "action"),
    [
        (Outcome.DONE, Action.COMPLETE),
        (Outcome.DONE_NO_CHANGE, Action.COMPLETE),
        (Outcome.CANCELLED, Action.CANCEL),
        (Outcome.TIMEOUT, Action.BURY),
    ],
)
def test_a_person_ends_a_task_for_good(outcome: Outcome, action: Action) -> None:
    assert by_hand(outcome) is action
