"""The engine and the model in memory are told the same things at random, and must always agree."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from runner.errors import RunnerError, UsageProblem
from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import (
    FINAL,
    Claimed,
    ClaimRequest,
    Ending,
    Lease,
    NewTask,
    Outcome,
    Priority,
    Report,
    Status,
    Task,
    TaskChange,
)
from runner.tasks.protocol import Claims, TaskBoard
from runner.tasks.schema import TASKS
from runner.tasks.waiting import waiting_for
from tests.support.memory_queue import memory_queue
from tests.support.queues import ALL, Hands

PROJECTS = ("widget", "gadget")
CAPABILITIES = ("gpu", "mac")
AGENTS = ("ada", "bob", "eve")

agents = st.sampled_from(AGENTS)
some_capabilities = st.sets(st.sampled_from(CAPABILITIES)).map(lambda names: tuple(sorted(names)))
request_ids = st.integers(1, 60).map(lambda number: f"request-{number}")
numbers = st.integers(1, 5).map(lambda number: f"T-{number}")
reports = st.builds(
    Report, progress=st.none() | st.integers(-1, 101), note=st.none() | st.sampled_from(("", "half"))
)

Call = Callable[[Claims, TaskBoard], object]


class Queues(RuleBasedStateMachine):
    """Two queues with one clock between them."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="queues-"))
        self.hands = Hands()
        self.database = Database(self.folder / "queue.db", schemas=(TASKS,))
        clock = self.hands.clock()
        self.real = (EmbeddedClaims(self.database, clock=clock), EmbeddedBoard(self.database, clock=clock))
        self.model = memory_queue(clock)
        self.leases: list[Lease] = []
        self.asked: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            shutil.rmtree(self.folder)

    def both(self, call: Call) -> object:
        """Ask both; they must answer alike or refuse alike."""
        answers = []
        for claims, board in (self.real, self.model):
            try:
                answers.append(call(claims, board))
            except RunnerError as error:
                answers.append(type(error))
        assert answers[0] == answers[1]
        return answers[0]

    @rule(
        request_id=request_ids,
        project=st.sampled_from(PROJECTS),
        priority=st.sampled_from(Priority),
        requires=some_capabilities,
        needs=st.sets(numbers, max_size=2).map(lambda ids: tuple(sorted(ids))),
        max_attempts=st.integers(1, 3),
        labels=st.sampled_from(((), ("bug",))),
        closes=st.sampled_from(((), ("1",), ("1", "#2"))),
    )
    def submit(self, request_id: str, **fields: object) -> None:
        new = NewTask(title="task", **fields)  # type: ignore[arg-type]  # fields of NewTask, drawn above
        self.both(lambda _, board: board.create(new, request_id=request_id))

    @rule(project=st.sampled_from(PROJECTS), requires=some_capabilities)
    def submit_a_plain_one(self, project: str, requires: tuple[str, ...]) -> None:
        new = NewTask(title="task", project=project, requires=requires)
        self.both(lambda _, board: board.create(new, request_id=f"plain-{len(board.list(ALL))}"))

    @rule(
        agent_id=agents,
        request_id=request_ids,
        task_id=st.none() | numbers,
        project=st.none() | st.sampled_from(PROJECTS),
        capabilities=some_capabilities,
        lease_s=st.sampled_from((30.0, 60.0, 3_600.0)),
        run_id=st.sampled_from(("", "r-1", "r-2")),
        resume_run=st.sampled_from((None, "r-1", "r-2")),
    )
    def claim(self, **fields: object) -> None:
        request = ClaimRequest(**fields)  # type: ignore[arg-type]  # fields of ClaimRequest, drawn above
        ahead = self.both(lambda _, board: board.choose(request))
        claimed = self.both(lambda claims, _: claims.claim(request))
        self.look_ahead_was_right(request, ahead, claimed)
        if isinstance(claimed, Claimed):
            self.leases.append(claimed.lease)

    def look_ahead_was_right(self, request: ClaimRequest, ahead: object, claimed: object) -> None:
        """What a dry run says is what a claim does; only a claim minds that its request id was used before."""
        if request.request_id in self.asked or claimed is UsageProblem:
            return
        assert isinstance(ahead, Task) == isinstance(claimed, Claimed)
        if isinstance(ahead, Task) and isinstance(claimed, Claimed):
            self.asked.add(request.request_id)
            assert ahead.id == claimed.task.id

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def check(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.both(lambda claims, _: claims.check(lease))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), report=reports)
    def renew(self, data: st.DataObject, report: Report) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.both(lambda claims, _: claims.renew(lease, report))

    @precondition(lambda self: self.leases)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(Outcome),
        error=st.sampled_from(("", "red\nmore")),
        conversation=st.sampled_from((None, "c-1")),
        reset_s=st.none() | st.sampled_from((-5.0, 90.0)),
        chance=st.sampled_from((0.0, 0.5, 1.0)),
    )
    def complete(
        self,
        data: st.DataObject,
        outcome: Outcome,
        error: str,
        conversation: str | None,
        reset_s: float | None,
        chance: float,
    ) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.hands.chance = chance
        ending = Ending(
            outcome=outcome,
            error=error,
            conversation=conversation,
            question="which?" if outcome is Outcome.NEEDS_INPUT else "",
            retry_at=None if reset_s is None else self.hands.now() + timedelta(seconds=reset_s),
        )
        self.both(lambda claims, _: claims.complete(lease, ending))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), note=st.sampled_from(("", "going")), park_s=st.sampled_from((0.0, 0.0, 60.0, -1.0)))
    def give_back(self, data: st.DataObject, note: str, park_s: float) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.both(lambda claims, _: claims.release(lease, note=note, park_s=park_s))

    @rule(
        task_id=numbers,
        status=st.none() | st.sampled_from(Status),
        progress=st.none() | st.integers(0, 100),
        note=st.none() | st.sampled_from(("", "note")),
        closes=st.none() | st.sampled_from(((), ("#1",), ("none",))),
    )
    def update(self, task_id: str, **fields: object) -> None:
        change = TaskChange(**fields)  # type: ignore[arg-type]  # fields of TaskChange, drawn above
        self.both(lambda _, board: board.update(task_id, change))

    @rule(task_id=numbers, outcome=st.sampled_from((Outcome.DONE, Outcome.TIMEOUT, Outcome.CANCELLED)))
    def finish(self, task_id: str, outcome: Outcome) -> None:
        self.both(lambda _, board: board.finish(task_id, Ending(outcome=outcome, output="by hand")))

    @rule(task_id=numbers)
    def cancel(self, task_id: str) -> None:
        self.both(lambda _, board: board.cancel(task_id))

    @rule(task_id=numbers)
    def requeue(self, task_id: str) -> None:
        self.both(lambda _, board: board.requeue(task_id))

    @rule(task_id=numbers)
    def take_back(self, task_id: str) -> None:
        self.both(lambda _, board: board.release(task_id))

    @rule(task_id=numbers, text=st.sampled_from(("", "yes")))
    def answer(self, task_id: str, text: str) -> None:
        self.both(lambda _, board: board.answer(task_id, text))

    @rule(seconds=st.sampled_from((0.0, 0.000_001, 1.0, 5.0, 31.0, 3_600.0, 90_000.0)))
    def time_passes(self, seconds: float) -> None:
        self.hands.move(seconds)

    @rule(seconds=st.sampled_from((-3_600.0, -4.0, 4.0, 3_600.0, 90_000.0)))
    def the_clock_is_set(self, seconds: float) -> None:
        self.hands.step(seconds)
        self.both(
            lambda claims, _: claims.claim(ClaimRequest(agent_id="ada", request_id="none", task_id="T-0"))
        )

    @invariant()
    def what_waits_for_nothing_can_be_claimed(self) -> None:
        """And what waits cannot: the reasons that people are shown are those of the claim."""
        if not hasattr(self, "database"):
            return
        board = self.real[1]
        for task in board.list(ALL):
            request = ClaimRequest(agent_id="ada", request_id="look", task_id=task.id, capabilities=("gpu",))
            waits = waiting_for(
                task,
                needs=board.statuses(task.needs),
                capabilities=request.capabilities,
                now=self.hands.now(),
                asking=request.agent_id,
            )
            if not waits and task.status not in FINAL:
                assert board.choose(request).id == task.id
                continue
            with pytest.raises(RunnerError) as told:
                board.choose(request)
            assert not waits or str(told.value) == waits[0].text

    @invariant()
    def they_show_the_same(self) -> None:
        if not hasattr(self, "database"):
            return
        self.both(lambda _, board: board.list(ALL))
        self.both(lambda _, board: board.counts())
        self.both(
            lambda _, board: [
                (event.seq, event.at, event.name, event.task_id, event.agent_id)
                for event in board.events(limit=10_000)
            ]
        )

    @invariant()
    def no_task_has_more_attempts_than_it_may(self) -> None:
        if not hasattr(self, "database"):
            return
        for task in self.real[1].list(ALL):
            assert task.attempts_used <= task.max_attempts
            assert (task.claimed_by is None) or task.fence > 0


def often(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def test_the_engine_and_the_model_agree_whatever_is_asked() -> None:
    run_state_machine_as_test(Queues, settings=often(15, 25))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_engine_and_the_model_agree_for_long() -> None:
    run_state_machine_as_test(Queues, settings=often(400, 80))
