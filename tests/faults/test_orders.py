"""Any order of steps and kills: when everything is back and everyone has gone on, there is one of everything."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from runner.errors import RunnerError
from tests.faults.dying import mortal_records
from tests.faults.orders import AGENTS, SAFE, Fate, Orders

ACTS = 122
"""More than a run has that goes well: some fates never strike."""

agents = st.sampled_from(AGENTS)
moments = st.integers(1, ACTS)
fates = st.one_of(
    st.builds(Fate, dies_at=moments, crashes=st.booleans()),
    st.builds(Fate, dies_at=moments),
    st.builds(Fate, interrupted_at=moments),
    st.builds(Fate, sleeps_at=moments),
    st.builds(Fate, sleeps_at=moments, dies_at=moments),
)
MINUTE = timedelta(minutes=1)
EXAMPLES = 40
STEPS = 6


class Machine(RuleBasedStateMachine):
    """Steps of two agents, a person and the world; each example has a folder of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(TemporaryDirectory())
        self.orders = Orders(Path(folder))
        self.stack.enter_context(mortal_records(self.orders.stage))

    @rule(agent_id=agents, fate=fates)
    def claim(self, agent_id: str, fate: Fate) -> None:
        self.orders.claim(agent_id, fate)

    @rule(fate=fates)
    def resume(self, fate: Fate) -> None:
        self.orders.resume(fate)

    @rule(fate=st.just(SAFE), agent_id=agents)
    def claim_undisturbed(self, agent_id: str, fate: Fate) -> None:
        self.orders.claim(agent_id, fate)

    @rule(minutes=st.sampled_from([0.5, 2, 90]))
    def wait(self, minutes: float) -> None:
        self.orders.world.ahead += minutes * MINUTE

    @rule(away=st.booleans())
    def queue(self, away: bool) -> None:
        self.orders.queue_away = away

    @rule(away=st.booleans())
    def forge(self, away: bool) -> None:
        self.orders.forge_away = away

    @rule()
    def stranger_pushes(self) -> None:
        self.orders.stranger_pushes()

    @rule()
    def reap(self) -> None:
        self.orders.reap()

    @rule(what=st.sampled_from(["cancel", "requeue", "answer"]))
    def person(self, what: str) -> None:
        try:
            if what == "cancel":
                self.orders.board.cancel("T-1")
            elif what == "requeue":
                self.orders.requeue()
            else:
                self.orders.board.answer("T-1", "go on")
        except RunnerError:
            pass

    @invariant()
    def whatever_happened(self) -> None:
        self.orders.check_always()

    def teardown(self) -> None:
        try:
            self.orders.everyone_goes_on()
            self.orders.check_at_the_end()
        finally:
            self.stack.close()


@pytest.mark.long
def test_in_any_order_there_is_one_of_everything_at_the_end(home: Path) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
