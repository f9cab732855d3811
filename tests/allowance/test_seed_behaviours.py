"""Behaviours 20-40 of the seed's allowance, by number; `docs/seed-behaviours.md` names these tests."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.model import Limits, Quota, Rule
from runner.allowance.rules import Usage, quotas, verdict
from runner.errors import SettingsProblem, StoreFailed, UsageProblem
from tests.allowance.world import ME, World, ask, denied_by, quota, spend, spent, tomorrow, used_held
from tests.support.memory_ledger import MemoryLedger

DAY = 20_000
SEED_LIMITS = Limits(daily_tokens=100_000, daily_jobs=10, concurrent_jobs=2)


def ledger_with(limits: Limits) -> tuple[World, MemoryLedger]:
    world = World(limits=limits)
    return world, MemoryLedger(world.limits_of, world.clock, world.is_alive)


def token_quota(used: int, limit: int | None = 1_000) -> Quota:
    return quotas(Limits(daily_tokens=limit), Usage(tokens=used))[0]


def lets_in(used: int, *, tokens: int = 1, limit: int = 1_000) -> bool:
    answer = verdict(ask(tokens=tokens), limits=Limits(daily_tokens=limit), usage=Usage(tokens=used), day=DAY)
    return answer.granted


def test_20_a_fresh_agent_has_everything_left() -> None:
    _, ledger = ledger_with(SEED_LIMITS)

    assert ledger.check(ask()).granted
    assert ledger.check(ask()).warnings == ()
    assert [one.left for one in ledger.quotas("me")] == [100_000, 10, 2, None]


@pytest.mark.parametrize(
    ("used", "warns", "allowed"),
    [
        (7_900, False, True),
        (8_000, True, True),
        (9_000, True, True),
        (9_999, True, True),
        (10_000, True, False),
    ],
)
def test_21_four_fifths_warn_and_all_of_it_denies(used: int, warns: bool, allowed: bool) -> None:
    assert token_quota(used, 10_000).warning is warns
    assert lets_in(used, limit=10_000) is allowed


@pytest.mark.parametrize(("used", "left", "allowed"), [(999, 1, True), (1_000, 0, False), (1_001, -1, False)])
def test_22_the_token_limit_is_exact_and_debt_is_negative(used: int, left: int, allowed: bool) -> None:
    assert token_quota(used).left == left
    assert lets_in(used) is allowed


@pytest.mark.parametrize(("done", "left", "allowed"), [(9, 1, True), (10, 0, False)])
def test_23_the_job_limit_is_exact(done: int, left: int, allowed: bool) -> None:
    answer = verdict(ask(), limits=SEED_LIMITS, usage=Usage(jobs=done), day=DAY)

    assert answer.quotas[1].left == left
    assert answer.granted is allowed


def test_24_a_slot_is_free_once_a_run_is_over() -> None:
    _, ledger = ledger_with(SEED_LIMITS)
    ledger.reserve(ask("r-1"), ME)
    assert ledger.reserve(ask("r-2"), ME).granted
    assert denied_by(ledger.reserve(ask("r-3"), ME)) is Rule.CONCURRENT_JOBS

    ledger.settle("r-1", spent(1), failed=False)

    assert ledger.reserve(ask("r-3"), ME).granted


def test_25_what_has_no_limit_is_unlimited_and_says_so() -> None:
    """Replaced: absent is unlimited and shown as such (None, not -1); 0 is none (weakness 21)."""
    huge = Usage(tokens=10**15, jobs=10**9, running=10**6, cost_nano=10**15)

    assert verdict(ask(), limits=Limits(), usage=huge, day=DAY).granted
    assert [one.left for one in quotas(Limits(), huge)] == [None] * 4
    assert not verdict(ask(), limits=Limits(daily_jobs=0), usage=Usage(), day=DAY).granted


def test_26_a_model_is_checked_against_the_list() -> None:
    """Replaced: with a list, a run without a named model is denied, for nobody could check it (weakness 5)."""
    listed = Limits(models=("sonnet",))

    assert verdict(ask(), limits=listed, usage=Usage(), day=DAY).granted
    assert verdict(ask(model=""), limits=Limits(), usage=Usage(), day=DAY).granted
    for model in ("opus", ""):
        answer = verdict(ask(model=model), limits=listed, usage=Usage(), day=DAY)
        assert denied_by(answer) is Rule.MODELS


def test_27_the_allow_list_denies_before_the_tokens() -> None:
    limits = Limits(models=("haiku",), daily_tokens=10)

    answer = verdict(ask(), limits=limits, usage=Usage(tokens=99), day=DAY)

    assert denied_by(answer) is Rule.MODELS
    assert answer.denial is not None
    assert "sonnet" in answer.denial.reason


def test_29_limits_that_cannot_be_read_let_nobody_in() -> None:
    """Replaced: no file means the safe defaults, by name; a file that is wrong is an error (weakness 17)."""

    def broken(agent_id: str) -> Limits:
        raise SettingsProblem(f"allowance.toml: agent.{agent_id}.daily_tokens is -1")

    ledger = MemoryLedger(broken, lambda: 0.0)

    with pytest.raises(SettingsProblem, match="daily_tokens"):
        ledger.reserve(ask(), ME)


def test_30_an_exhausted_day_is_followed_by_a_fresh_one() -> None:
    """Replaced: nobody resets; the next UTC day has its own counters (weakness 14)."""
    world, ledger = ledger_with(SEED_LIMITS)
    spend(ledger, 100_000)
    assert denied_by(ledger.reserve(ask(), ME)) is Rule.DAILY_TOKENS

    tomorrow(world)

    assert ledger.reserve(ask(), ME).granted
    assert quota(ledger, Rule.DAILY_TOKENS).used == 0


def test_31_a_day_goes_from_fine_to_warned_to_spent() -> None:
    seen = [(token_quota(used).warning, lets_in(used)) for used in (0, 500, 800, 1_000)]

    assert seen == [(False, True), (False, True), (True, True), (True, False)]


def test_32_a_started_run_is_one_job_one_slot_and_no_used_tokens() -> None:
    _, ledger = ledger_with(SEED_LIMITS)

    ledger.reserve(ask(), ME)

    assert used_held(ledger, Rule.DAILY_JOBS) == (0, 1)
    assert used_held(ledger, Rule.CONCURRENT_JOBS) == (0, 1)
    assert used_held(ledger, Rule.DAILY_TOKENS) == (0, 100)


def test_33_a_completed_run_is_charged_and_its_slot_free() -> None:
    _, ledger = ledger_with(SEED_LIMITS)

    spend(ledger, 1_500)

    assert used_held(ledger, Rule.DAILY_TOKENS) == (1_500, 0)
    assert used_held(ledger, Rule.CONCURRENT_JOBS) == (0, 0)


@pytest.mark.parametrize(("tokens", "net"), [(2_000, 1_000), (7, 4), (0, 0)])
def test_34_a_failed_run_is_charged_half_rounded_up(tokens: int, net: int) -> None:
    _, ledger = ledger_with(SEED_LIMITS)
    ledger.reserve(ask(), ME)

    ledger.settle("r-1", spent(tokens), failed=True)

    assert used_held(ledger, Rule.DAILY_TOKENS) == (net, 0)
    assert used_held(ledger, Rule.CONCURRENT_JOBS) == (0, 0)


def test_35_a_cancelled_run_gives_back_only_its_own_hold() -> None:
    """Replaced: nothing that others spent can be refunded (weakness 10)."""
    _, ledger = ledger_with(SEED_LIMITS)
    spend(ledger, 5_000)
    ledger.reserve(ask("r-1", tokens=1_000), ME)

    ledger.release("r-1")
    ledger.release("r-1")

    assert used_held(ledger, Rule.DAILY_TOKENS) == (5_000, 0)


def test_36_a_run_without_a_model_is_counted_for_its_agent() -> None:
    _, ledger = ledger_with(SEED_LIMITS)
    ledger.reserve(ask(model=""), ME)

    ledger.settle("r-1", spent(40), failed=False)

    assert used_held(ledger, Rule.DAILY_TOKENS) == (40, 0)


def test_37_what_is_unknown_is_an_error() -> None:
    """Replaced: the seed ignored unknown events silently (weakness 15)."""
    _, ledger = ledger_with(SEED_LIMITS)

    with pytest.raises(UsageProblem, match="no reservation ghost"):
        ledger.settle("ghost", spent(1), failed=False)


def test_38_a_refused_step_leaves_nothing_half_done() -> None:
    """Replaced: a call is one step over all dimensions (weakness 12); the file store's faults are in test_crash."""
    world, ledger = ledger_with(SEED_LIMITS)
    ledger.reserve(ask(), ME)
    world.now -= 3 * 86_400

    with pytest.raises(StoreFailed):
        ledger.resize("r-1", tokens=200, cost_nano=20)
    assert ledger.open_holds()[0].tokens == 100


def test_39_three_agents_in_parallel_are_each_counted(tmp_path: Path) -> None:
    world = World(limits=SEED_LIMITS)
    ledger = FileLedger(tmp_path, world.limits_of, world.clock, world.is_alive)

    def cycles(agent: str) -> None:
        for number in range(10):
            assert ledger.reserve(ask(f"{agent}-{number}", agent=agent), ME).granted
            ledger.settle(f"{agent}-{number}", spent(150), failed=False)

    threads = [threading.Thread(target=cycles, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for agent in ("a", "b", "c"):
        assert [one.used for one in ledger.quotas(agent)][:3] == [1_500, 10, 0]
        assert ledger.open_holds(agent) == ()


def test_40_a_full_cycle_leaves_what_is_left() -> None:
    _, ledger = ledger_with(SEED_LIMITS)

    assert ledger.check(ask(tokens=10_000)).granted
    ledger.reserve(ask(tokens=10_000), ME)
    ledger.seen("r-1", spent(4_000))
    ledger.settle("r-1", spent(8_000), failed=False)

    assert [one.left for one in ledger.quotas("me")][:3] == [92_000, 9, 2]
