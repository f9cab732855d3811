"""The way into a run: hold the allowance first, then take a task; either both or neither."""

from __future__ import annotations

from dataclasses import dataclass

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask
from runner.allowance.report import refusal
from runner.errors import RunnerError
from runner.events.model import EventName
from runner.events.sinks import JsonLines
from runner.git.model import Base
from runner.process.stop import Stop
from runner.runs.holding import hold_before_claim
from runner.runs.model import Step
from runner.runs.policy import Policy
from runner.runs.record import RunRecord, new_run_id
from runner.runs.run import Run, Tools
from runner.tasks.model import Claimed, ClaimRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a run holds before it has a task."""

    id: str
    model: str | None
    tokens: int
    cost_nano: int


def reserve_and_claim(tools: Tools, policy: Policy, base: Base, *, task_id: str | None, stop: Stop) -> Run:
    """Hold the run's caps, then claim the named task or the best ready one.

    Raises:
        QuotaExceeded: the allowance denies it; no task was touched.
        NothingToClaim, UnknownTask, AlreadyClaimed, InvalidTransition: nothing is held any more.
    """
    stop.check()
    run_id = new_run_id(tools.now())
    hold = reserve(tools, policy, run_id, policy.model_for(None))
    record = None
    try:
        record = _open_record(tools, policy, run_id, hold)
        claimed = _claim(tools, policy, record, task_id)
    except BaseException:
        tools.ledger.release(hold.id)
        if record is not None:
            record.discard()
        raise
    return _begin(tools, policy, record, claimed, hold, stop, base)


def reserve(tools: Tools, policy: Policy, reservation_id: str, model: str | None) -> Hold:
    """Hold what one run may cost at most. Raises: QuotaExceeded."""
    tokens, cost = hold_before_claim(policy.limits)
    ask = Ask(
        id=reservation_id,
        agent_id=policy.agent_id,
        model=model or "",
        tokens=tokens,
        cost_nano=cost,
        repository=policy.project or "",
    )
    verdict = tools.ledger.reserve(ask, holder_of_this_process())
    if verdict.denial:
        raise refusal(verdict.denial, ask)
    return Hold(id=reservation_id, model=model, tokens=tokens, cost_nano=cost)


def _open_record(tools: Tools, policy: Policy, run_id: str, hold: Hold) -> RunRecord:
    return RunRecord.create(
        tools.runs,
        run_id,
        tools.now,
        agent_id=policy.agent_id,
        checkout=str(tools.checkout.top),
        project=policy.project,
        model=hold.model,
        reservation={"id": hold.id, "tokens": hold.tokens, "cost_nano": hold.cost_nano},
        request_id=run_id,
    )


def _claim(tools: Tools, policy: Policy, record: RunRecord, task_id: str | None) -> Claimed:
    with record.step(Step.CLAIM, request_id=record.run_id, task_id=task_id) as facts:
        claimed = tools.claims.claim(
            ClaimRequest(
                agent_id=policy.agent_id,
                request_id=record.run_id,
                task_id=task_id,
                project=policy.project,
                capabilities=policy.capabilities,
                lease_s=policy.lease_s,
                run_id=record.run_id,
            )
        )
        facts.update(task_id=claimed.task.id, fence=claimed.lease.fence)
    return claimed


def _begin(
    tools: Tools, policy: Policy, record: RunRecord, claimed: Claimed, hold: Hold, stop: Stop, base: Base
) -> Run:
    task = claimed.task
    run = Run(
        tools=tools,
        policy=policy,
        record=record,
        stop=stop,
        base=base,
        task=task,
        lease=claimed.lease,
        reservation=hold.id,
        model=hold.model,
        hold_tokens=hold.tokens,
        hold_cost_nano=hold.cost_nano,
    )
    try:
        _match_model(run)
    except RunnerError as error:
        from runner.runs import ending

        ending.give_back(run, why=f"given back: {error}")
        raise
    tools.events.add(JsonLines(record.folder / "events.jsonl"))
    record.note(task={"id": task.id, "title": task.title, "fence": claimed.lease.fence}, model=run.model)
    run.emit(EventName.RUN_STARTED, title=task.title, model=run.model, fence=claimed.lease.fence)
    return run


def _match_model(run: Run) -> None:
    """The task may name its own model: then that one is held instead, if the limits allow it."""
    wanted = run.policy.model_for(run.task.model)
    if wanted == run.model:
        return
    run.tools.ledger.release(run.reservation)
    hold = reserve(run.tools, run.policy, f"{run.run_id}-{run.task.id}", wanted)
    run.reservation, run.model = hold.id, wanted
    run.record.note(reservation={"id": hold.id, "tokens": hold.tokens, "cost_nano": hold.cost_nano})
