"""Any sequence of calls, clocks, deaths and restarts: the file ledger answers like the one in memory, and both keep
the invariants of the accounting rules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.reading import read_only_state
from runner.allowance.files.snapshot import dump, load
from runner.allowance.model import Ask, Holder, Limits, Spent, Tokens, Verdict
from runner.allowance.protocol import Ledger
from runner.allowance.rules import utc_day
from runner.errors import RunnerError
from tests.allowance.folders import open_ledger, quick_folder, talk
from tests.allowance.world import DAY_S, World, process
from tests.support.memory_ledger import MemoryLedger

AGENTS = ("me", "you")
tokens = st.integers(0, 500)
money = st.integers(0, 500)
maybe = st.one_of(st.none(), st.integers(0, 1_500))
usages = st.builds(
    Spent,
    tokens=st.builds(Tokens, input=tokens, cache_creation=tokens, cache_read=tokens, output=tokens),
    cost_nano=money,
)
limits = st.builds(
    Limits,
    models=st.sampled_from([None, ("sonnet",)]),
    daily_tokens=maybe,
    daily_jobs=st.one_of(st.none(), st.integers(0, 6)),
    concurrent_jobs=st.one_of(st.none(), st.integers(0, 4)),
    daily_cost_nano=maybe,
)
asks = st.builds(
    Ask,
    id=st.sampled_from([f"r-{number}" for number in range(12)]),
    agent_id=st.sampled_from(AGENTS),
    model=st.sampled_from(["sonnet", "opus"]),
    tokens=tokens,
    cost_nano=money,
    repository=st.sampled_from(["", "x"]),
)
holders = st.integers(1, 4).map(process)


class LedgerMachine(RuleBasedStateMachine):
    """Every call goes to both ledgers; their answers and their errors must be the same."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder: Path = self.stack.enter_context(quick_folder())
        self.world = World()
        self.memory = MemoryLedger(self.world.limits_of, self.world.clock, self.world.is_alive)
        self.file: FileLedger = open_ledger(self.world, self.folder)
        self.committed: dict[tuple[str, int], tuple[int, ...]] = {}

    def teardown(self) -> None:
        self.stack.close()

    def both(self, call: Callable[[Ledger], object]) -> object:
        answers = [_answer(call, ledger) for ledger in (self.memory, self.file)]
        assert answers[0] == answers[1]
        return answers[1]

    @initialize(chosen=limits)
    def start(self, chosen: Limits) -> None:
        self.world.limits = chosen

    @rule(target=runs, ask=asks, holder=holders)
    def reserve(self, ask: Ask, holder: Holder) -> str:
        expected = self.both(lambda ledger: ledger.check(ask))
        before = {hold.id for hold in self.file.open_holds()}
        answer = self.both(lambda ledger: ledger.reserve(ask, holder))
        assert answer == expected
        if isinstance(answer, Verdict) and answer.granted and ask.id not in before:
            self.expect_within_limits(ask.agent_id)
        return ask.id

    @rule(run=runs, tokens=tokens, cost=money)
    def resize(self, run: str, tokens: int, cost: int) -> None:
        old = {hold.id: hold for hold in self.file.open_holds()}.get(run)
        answer = self.both(lambda ledger: ledger.resize(run, tokens=tokens, cost_nano=cost))
        if old is not None and isinstance(answer, Verdict) and answer.granted:
            grown = (tokens > old.tokens, False, False, cost > old.cost_nano)
            self.expect_within_limits(old.agent_id, grown)

    @rule(run=runs, spent=usages)
    def see(self, run: str, spent: Spent) -> None:
        self.both(lambda ledger: ledger.seen(run, spent))

    @rule(run=runs, spent=usages, failed=st.booleans())
    def settle(self, run: str, spent: Spent, failed: bool) -> None:
        first = self.both(lambda ledger: ledger.settle(run, spent, failed=failed))
        assert self.both(lambda ledger: ledger.settle(run, spent, failed=failed)) == first

    @rule(run=runs)
    def release(self, run: str) -> None:
        first = self.both(lambda ledger: ledger.release(run))
        assert self.both(lambda ledger: ledger.release(run)) == first

    @rule(run=runs, holder=holders)
    def adopt(self, run: str, holder: Holder) -> None:
        self.both(lambda ledger: ledger.adopt(run, holder))

    @rule()
    def reap(self) -> None:
        self.both(lambda ledger: ledger.reap())

    @rule(holder=holders, fate=st.sampled_from(["alive", "dead", "unseen"]))
    def process_is(self, holder: Holder, fate: str) -> None:
        self.world.dead.discard(holder)
        self.world.unseen.discard(holder)
        if fate != "alive":
            (self.world.dead if fate == "dead" else self.world.unseen).add(holder)

    @rule(seconds=st.sampled_from([1, 3_600, DAY_S // 2, DAY_S, 3 * DAY_S, -3_600, -DAY_S // 2, -2 * DAY_S]))
    def clock_moves(self, seconds: int) -> None:
        self.world.now += seconds

    @rule(chosen=limits)
    def limits_change(self, chosen: Limits) -> None:
        self.world.limits = chosen

    @rule()
    def another_process_goes_on(self) -> None:
        self.file = open_ledger(self.world, self.folder)

    @precondition(lambda self: self.file.open_holds())
    @rule()
    def the_log_is_folded(self) -> None:
        hold = self.file.open_holds()[0]
        seen = hold.tokens
        for ledger in (self.memory, self.file):
            talk(ledger, hold.id, 130, start=seen)

    def expect_within_limits(self, agent: str, of: tuple[bool, ...] = (True,) * 4) -> None:
        for quota, counts in zip(self.file.quotas(agent), of, strict=True):
            if counts and quota.limit is not None:
                assert quota.used + quota.held <= quota.limit

    @invariant()
    def both_show_the_same(self) -> None:
        for agent in AGENTS:
            assert self.memory.quotas(agent) == self.file.quotas(agent)
        assert self.memory.open_holds() == self.file.open_holds()

    @invariant()
    def nothing_held_is_negative_and_nothing_committed_falls(self) -> None:
        day = utc_day(self.world.now)
        for agent in AGENTS:
            quotas = self.file.quotas(agent)
            assert all(quota.held >= 0 for quota in quotas)
            used = tuple(quota.used for quota in quotas)
            before = self.committed.get((agent, day), used)
            assert all(new >= old for new, old in zip(used, before, strict=True))
            self.committed[agent, day] = used

    @invariant()
    def a_replay_gives_the_same_state(self) -> None:
        one, other = (dump(read_only_state(str(self.folder))) for _ in range(2))
        assert one == other
        assert dump(load(one)) == one


def _answer(call: Callable[[Ledger], object], ledger: Ledger) -> object:
    try:
        return call(ledger)
    except RunnerError as error:
        return type(error)


LedgerMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestLedgers = LedgerMachine.TestCase
