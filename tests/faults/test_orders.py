"""Any order of steps and kills: when everything is back and everyone has gone on, there is one of everything."""

from __future__ import annotations

from contextlib import ExitStack, suppress
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
CLAUDE_WORKS = (50, 66)
"""The acts from its start to its answer, about: what is spent and not told yet."""
moments = st.one_of(st.integers(1, ACTS), st.integers(*CLAUDE_WORKS), st.integers(CLAUDE_WORKS[1], ACTS))
fates = st.one_of(
    st.just(SAFE),
    st.builds(Fate, dies_at=moments),
    st.builds(Fate, dies_at=moments, crashes=st.just(True)),
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

    @rule(fate=fates)
    def claim_again(self, fate: Fate) -> None:
        """What people do when they find their terminal gone."""
        self.orders.claim("me", fate)

    @rule(fate=fates, minutes=st.sampled_from([2, 90]))
    def claim_later(self, fate: Fate, minutes: int) -> None:
        self.orders.world.ahead += minutes * MINUTE
        self.orders.claim("me", fate)

    @rule(what=st.sampled_from(["queue away", "forge away", "all back", "all back", "reap", "stranger"]))
    def the_world_changes(self, what: str) -> None:
        if what == "stranger":
            self.orders.stranger_pushes()
        elif what == "reap":
            self.orders.reap()
        else:
            self.orders.queue_away, self.orders.forge_away = what == "queue away", what == "forge away"

    @rule(what=st.sampled_from(["cancel", "requeue", "requeue", "answer", "answer"]))
    def a_person_decides(self, what: str) -> None:
        with suppress(RunnerError):  # there may be nothing to decide
            if what == "cancel":
                self.orders.board.cancel("T-1")
            elif what == "requeue":
                self.orders.requeue()
            else:
                self.orders.board.answer("T-1", "go on")

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
