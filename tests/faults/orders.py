"""A world in memory for orders of steps and kills: real git, everything else remembers what was done to it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner.allowance.model import Holder, Limits, Rule
from runner.errors import GhFailed, OutsideTrouble, RunnerError
from runner.runs.claiming import reserve_and_claim
from runner.runs.listing import unfinished
from runner.runs.model import RunReport
from runner.runs.policy import Policy
from runner.runs.record import RunRecord
from runner.runs.resume import go_on
from runner.runs.run import Tools
from runner.runs.unfinished import go_on_with_earlier
from runner.runs.work import work_on
from runner.tasks.embedded import Clock
from runner.tasks.model import FINAL, Status
from tests.faults.dying import Bank, Handed, Killed, PaidClaude, Runner, Stage
from tests.runs.world import FIXED, World
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_queue import memory_queue

NOON = 1_800_000_000.0
AGENTS = ("me", "other")
LIMITS = Limits(run_tokens=100_000, run_cost_nano=10**9, daily_cost_nano=10**12)
BRANCH = "fix/T-1-fix-add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What befalls a runner, and what its claude does."""

    dies_at: int = 0
    interrupted_at: int = 0
    sleeps_at: int = 0
    crashes: bool = False


SAFE = Fate()


class Orders:
    """One task, two agents, one developer, a stranger; a forge and a queue that can be away."""

    def __init__(self, folder: Path) -> None:
        environ = dict(os.environ) | {
            f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CONFIG", "CACHE")
        }
        self.world = World(folder, environ)
        clock = Clock(wall=self.now)
        claims, self.board = memory_queue(clock)
        self.claims, self.bank, self.stage = claims, Bank(), Stage()
        self.forge = FakeForge(
            tip=lambda branch: self._origin().git(
                "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}"
            )
        )
        self.ledger = MemoryLedger(lambda _: LIMITS, lambda: NOON, self._is_alive)
        self.guard = threading.RLock()
        self.runners: list[Runner] = []
        self.alive: set[int] = set()
        self.queue_away = self.forge_away = self.reaped = False
        self.requeued = 0
        self.foreign: list[str] = []
        self.world.board = self.board  # type: ignore[assignment]  # whoever speaks the protocol will do
        self.world.submit()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.world.ahead

    def run(self, fate: Fate, work: Callable[[Runner], object]) -> None:
        """A process of its own does this, until its end or its death."""
        runner = Runner(
            number=len(self.runners) + 1,
            dies_at=fate.dies_at,
            interrupted_at=fate.interrupted_at,
            sleeps_at=fate.sleeps_at,
            asleep=self._sleep,
        )
        self.runners.append(runner)
        self.alive.add(runner.number)
        try:
            with self.stage.working(runner):
                work(runner)
        except (Killed, RunnerError):
            pass
        self.alive.discard(runner.number)
        self._bury()

    def claim(self, agent_id: str, fate: Fate) -> None:
        self.run(fate, lambda runner: self._claim(agent_id, runner, fate))

    def resume(self, fate: Fate) -> None:
        """`runner resume` of the oldest unfinished run."""
        found = unfinished(self.world.paths.runs)
        if found:
            self.run(fate, lambda runner: self._resume(found[0], runner, fate))

    def _claim(self, agent_id: str, runner: Runner, fate: Fate) -> RunReport:
        tools, policy = self._tools(runner, fate), self._policy(agent_id)
        earlier = go_on_with_earlier(
            tools,
            lambda record: (tools, self._policy(str(record.data["agent_id"]))),
            agent_id=agent_id,
            stop=runner.stop,
            tell=lambda _: None,
        )
        if earlier is not None:
            return earlier
        base = tools.clone.resolve_base(policy.base)
        return work_on(reserve_and_claim(tools, policy, base, task_id=None, stop=runner.stop))

    def _resume(self, record: RunRecord, runner: Runner, fate: Fate) -> None:
        policy = self._policy(str(record.data["agent_id"]))
        go_on(self._tools(runner, fate), policy, record, runner.stop)

    def _policy(self, agent_id: str) -> Policy:
        return replace(self.world.policy, agent_id=agent_id, limits=LIMITS)

    def _tools(self, runner: Runner, fate: Fate) -> Tools:
        claude = PaidClaude(self.bank, runner, FIXED, crashes=fate.crashes)
        forge: Any = Handed(self.forge, runner, self.guard, self._ask_forge)
        return replace(
            self.world.tools(claude),
            claims=Handed(self.claims, runner, self.guard, self._ask_queue),
            ledger=Handed(self.ledger, runner, self.guard, lambda: None),
            forge=lambda _: forge,
            now=self.now,
        )

    def _ask_queue(self) -> None:
        if self.queue_away:
            raise OutsideTrouble("the queue cannot be reached")

    def _ask_forge(self) -> None:
        if self.forge_away:
            raise GhFailed("the forge cannot be reached", kind="later")

    def _is_alive(self, holder: Holder) -> bool:
        return holder.pid in self.alive

    def _sleep(self) -> None:
        """A laptop is closed: the lease runs out, and the other agent claims."""
        self.world.ahead += timedelta(minutes=10)
        sleeper = self.stage.runner
        assert sleeper is not None
        self.claim("other" if sleeper.number % 2 else "me", SAFE)

    def _bury(self) -> None:
        """What the records say of the processes that died: that they are no more."""
        if self.alive:
            return
        for record in unfinished(self.world.paths.runs):
            holder = record.data.get("holder")
            if isinstance(holder, dict):
                holder["started"] = 1
                (record.folder / "run.json").write_text(json.dumps(record.data))

    def stranger_pushes(self) -> None:
        """Somebody else commits on the branch of the task."""
        origin = self._origin()
        tip = BRANCH if BRANCH in origin.branches() else "main"
        commit = origin.git("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", f"by hand {len(self.foreign)}")
        origin.git("update-ref", f"refs/heads/{BRANCH}", commit)
        self.foreign.append(commit)

    def _origin(self) -> Sandbox:
        assert self.world.origin is not None
        return self.world.origin

    def reap(self) -> None:
        """Another agent needs room, and the holds of the dead are closed."""
        self.reaped = bool(self.ledger.reap()) or self.reaped

    def requeue(self) -> None:
        """A person wants it done (again)."""
        if self.board.get("T-1").status in FINAL:
            self.board.requeue("T-1")
            self.requeued += 1

    def everyone_goes_on(self) -> None:
        """All is back, time passes, and both agents claim until nothing is left to do."""
        self.queue_away = self.forge_away = False
        for _ in range(12):
            self.world.ahead += timedelta(hours=2)
            for agent_id in AGENTS:
                self.claim(agent_id, SAFE)
            idle = self.board.get("T-1").status not in {Status.PENDING, Status.IN_PROGRESS}
            if idle and not unfinished(self.world.paths.runs):
                return

    def check_always(self) -> None:
        """Whatever has happened so far."""
        assert len(self.forge.opened) <= 1
        assert self._completions() <= 1 + self.requeued
        origin = self._origin()
        for commit in self.foreign:
            assert origin.git("rev-list", "--count", f"{BRANCH}..{commit}") == "0", "a foreign commit is gone"

    def check_at_the_end(self) -> None:
        """All that must hold when everybody has gone on."""
        self.check_always()
        task = self.board.get("T-1")
        assert task.status in FINAL | {Status.BLOCKED}, task
        assert [record.run_id for record in unfinished(self.world.paths.runs)] == []
        assert self.ledger.open_holds() == ()
        used = next(quota.used for quota in self.ledger.quotas("me") if quota.rule is Rule.DAILY_COST)
        used += next(quota.used for quota in self.ledger.quotas("other") if quota.rule is Rule.DAILY_COST)
        if self.reaped:
            assert used >= self.bank.paid_nano
        else:
            assert used == self.bank.paid_nano
        assert self.world.leftovers() == []
        assert self.world.fingerprint() == self.world.before
        if task.status is Status.COMPLETED:
            assert len(self.forge.opened) == 1
            log = self._origin().git("log", "--format=%s", f"main..{BRANCH}").splitlines()
            assert len(log) == 1 + len(self.foreign)

    def _completions(self) -> int:
        events = self.board.events("T-1", limit=1000)
        return [event.name for event in events].count("TaskCompleted")
