"""The way into a run: hold the allowance first, then take a task; either both or neither."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask
from runner.allowance.report import refusal
from runner.allowance.rules import ask_for
from runner.errors import LeaseLost, RunnerError
from runner.events.model import Event, EventName, Value
from runner.events.sinks import JsonLines
from runner.git.model import Base
from runner.process.stop import Stop
from runner.runs.facts import request_facts
from runner.runs.held_here import own_run_named
from runner.runs.model import Step
from runner.runs.own_disk import disk_trouble
from runner.runs.places import place_for
from runner.runs.policy import Policy
from runner.runs.record import Json, RunRecord, new_run_id
from runner.runs.run import Run, Tools
from runner.runs.so_far import SoFar
from runner.runs.undoing import undo
from runner.tasks.model import Claimed, ClaimRequest

log = logging.getLogger("runner.runs")


def reserve_and_claim(tools: Tools, policy: Policy, base: Base, *, task_id: str | None, stop: Stop) -> Run:
    """Hold the run's caps, then claim the named task or the best ready one.

    Raises:
        QuotaExceeded: the allowance denies it; no task was touched.
        NothingToClaim, UnknownTask, AlreadyClaimed, InvalidTransition: nothing is held any more.
    """
    stop.check()
    return _Entrance(
        tools=tools, policy=policy, base=base, stop=stop, record=_open_record(tools, policy)
    ).enter(task_id)


def _open_record(tools: Tools, policy: Policy) -> RunRecord:
    run_id = new_run_id(tools.now())
    return RunRecord.create(
        tools.runs,
        run_id,
        tools.now,
        agent_id=policy.agent_id,
        holder=dict(asdict(holder_of_this_process())),
        checkout=str(tools.checkout.top),
        clone=str(tools.clone.path),
        project=policy.project,
        request_id=run_id,
        flags=flag_facts(policy),
        checks=list(tools.checks.commands),
    )


def flag_facts(policy: Policy) -> dict[str, Json]:
    """What was asked for on the command line, for whoever goes on with the run."""
    return {
        "model": policy.model if policy.model_from_flag else None,
        "draft": policy.draft,
        "pull_request": policy.pull_request,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entrance:
    """What the steps before a run share."""

    tools: Tools
    policy: Policy
    base: Base
    stop: Stop
    record: RunRecord

    def enter(self, task_id: str | None) -> Run:
        try:
            held = self._reserve(self.record.run_id, self.policy.model_for(None))
            try:
                claimed = self._claim(task_id)
            except BaseException:
                self.tools.ledger.release(held.id)
                raise
            return self._begin(claimed, held)
        except BaseException as error:
            if disk_trouble(error):
                self._undo_or_leave()
            else:
                # Nothing came of it: there is nothing to tell of this run.
                self.record.discard()
            raise

    def _undo_or_leave(self) -> None:
        """What was held or claimed may not be written down: take all back now, or let the next claim do it."""
        try:
            undo(self.tools, SoFar(self.record))
        except (RunnerError, OSError) as later:
            log.warning("%s is left for the next claim to undo: %s", self.record.run_id, later)
            self.record.let_go()

    def _reserve(self, reservation_id: str, model: str | None) -> Ask:
        """Hold what one run may cost at most. Raises: QuotaExceeded."""
        ask = ask_for(
            self.policy.limits,
            run_id=reservation_id,
            agent_id=self.policy.agent_id,
            model=model or "",
            repository=self.policy.project or "",
        )
        with self.record.step(
            Step.RESERVE,
            reservation_id=reservation_id,
            model=model,
            tokens=ask.tokens,
            cost_nano=ask.cost_nano,
        ):
            verdict = self.tools.ledger.reserve(ask, holder_of_this_process())
            if verdict.denial:
                self._tell(
                    EventName.ALLOWANCE_DENIED, rule=verdict.denial.rule.value, reason=verdict.denial.reason
                )
                raise refusal(verdict.denial, ask)
        self._tell(EventName.ALLOWANCE_RESERVED, tokens=ask.tokens, cost_nano=ask.cost_nano)
        for quota in verdict.warnings:
            self._tell(
                EventName.ALLOWANCE_WARNED,
                rule=quota.rule.value,
                used=quota.used,
                held=quota.held,
                limit=quota.limit,
            )
        return ask

    def _tell(self, name: EventName, **data: Value) -> None:
        run_id, agent_id = self.record.run_id, self.policy.agent_id
        self.tools.events.emit(
            Event(name=name, at=self.tools.now(), run_id=run_id, agent_id=agent_id, data=data)
        )

    def _claim(self, task_id: str | None) -> Claimed:
        request = ClaimRequest(
            agent_id=self.policy.agent_id,
            request_id=self.record.run_id,
            task_id=task_id,
            project=self.policy.project,
            capabilities=self.policy.capabilities,
            lease_s=self.policy.lease_s,
            run_id=self.record.run_id,
        )
        with (
            own_run_named(self.tools.runs),
            self.record.step(Step.CLAIM, **request_facts(request)) as facts,
        ):
            claimed = self.tools.claims.claim(request)
            facts.update(task_id=claimed.task.id, fence=claimed.lease.fence)
        return claimed

    def _begin(self, claimed: Claimed, held: Ask) -> Run:
        task = claimed.task
        try:
            held = self._match_model(held, task.model)
        except RunnerError as error:
            self._give_back(claimed, str(error))
            raise
        title = self.tools.redactor.text(task.title)
        self.record.note(
            task={"id": task.id, "title": title, "fence": claimed.lease.fence},
            model=held.model,
        )
        run = Run(
            tools=self.tools,
            policy=self.policy,
            record=self.record,
            stop=self.stop,
            base=self.base,
            task=task,
            lease=claimed.lease,
            held=held,
            work_tree=place_for(
                self.tools.runs,
                self.tools.work_trees / self.tools.clone.path.stem,
                task.id,
                fence=claimed.lease.fence,
                run_id=self.record.run_id,
            ),
            journal=open_journal(self.tools, self.record),
        )
        run.emit(EventName.RUN_STARTED, title=title, model=held.model, fence=claimed.lease.fence)
        return run

    def _match_model(self, held: Ask, task_model: str | None) -> Ask:
        """The task may name its own model: then that one is held instead, if the limits allow it."""
        wanted = self.policy.model_for(task_model)
        if (wanted or "") == held.model:
            return held
        self.tools.ledger.release(held.id)
        return self._reserve(f"{self.record.run_id}-{wanted}", wanted)

    def _give_back(self, claimed: Claimed, why: str) -> None:
        try:
            self.tools.claims.release(claimed.lease, note=f"given back: {why}")
        except LeaseLost:
            return  # somebody else has it already


def open_journal(tools: Tools, record: RunRecord) -> JsonLines:
    """The events in the run's own folder, from now on; `work_on` ends it."""
    journal = JsonLines(record.folder / "events.jsonl", redact=tools.redactor.text)
    tools.events.add(journal)
    return journal
