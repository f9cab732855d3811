"""Going on with a run whose process was killed, or whose delivery had to wait: exactly one of everything at the end.

What a run had done is in its record (`SoFar`). A run that had not asked Claude is undone: it cost nothing. Any other
comes back under its own id, claim and reservation, and enters the steps where it had left them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Spent
from runner.errors import (
    Conflict,
    LeaseLost,
    OutsideTrouble,
    TaskCancelled,
    TryLater,
    UnknownTask,
    UsageProblem,
)
from runner.process.mark import end_survivors
from runner.process.stop import Stop, StopReason
from runner.runs import coming_back
from runner.runs.claiming import open_journal
from runner.runs.cut_off import cut_off, set_aside, spent_in
from runner.runs.facts import request_facts, usage_facts
from runner.runs.holding import hold_again
from runner.runs.model import RunReport, Step, Usage
from runner.runs.policy import Policy
from runner.runs.record import RunRecord, read_json
from runner.runs.run import Run, Tools
from runner.runs.so_far import SoFar
from runner.runs.steps import Ended
from runner.runs.undoing import undo
from runner.runs.waiting import report_waits
from runner.runs.work import finish, work_on
from runner.tasks.model import Claimed, Lease, Report

log = logging.getLogger("runner.runs")


def go_on(tools: Tools, policy: Policy, record: RunRecord, stop: Stop) -> RunReport | None:
    """See an unfinished run through to its end; None when it had not asked Claude and was undone.

    Raises:
        Busy: another process works on it.
        QuotaExceeded: what is left of it does not fit the allowance now; it stays unfinished.
        StoreFailed: its record is damaged.
        RunnerError: what it needs is not there now; it stays unfinished.
    """
    stop.check()
    record.hold()
    try:
        record.data = read_json(record.folder / "run.json")
        if (record.folder / "outcome.json").exists():
            raise UsageProblem(f"{record.run_id} has ended", hint=f"`runner runs show {record.run_id}`")
        record.note(holder=dict(asdict(holder_of_this_process())))
        so_far = SoFar(record)
        if so_far.child is not None:
            end_survivors(so_far.child)
        if not so_far.spoke:
            undo(tools, so_far)
            return None
        return _Return(tools=tools, policy=policy, so_far=so_far, stop=stop).go_on()
    finally:
        record.let_go()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Return:
    """What the steps back into a run share."""

    tools: Tools
    policy: Policy
    so_far: SoFar
    stop: Stop

    def go_on(self) -> RunReport:
        so_far = self.so_far
        claimed = self._claimed()
        set_aside(so_far.record.folder, so_far.answered)
        run = self._run(claimed)
        if so_far.ending is not None:
            return self._report(run)
        lost = self._renew(run)
        if lost is not None:
            cancelled = isinstance(lost, TaskCancelled)
            run.stop.set(StopReason.CANCELLED if cancelled else StopReason.LEASE_LOST, str(lost))
        return work_on(run, self._entry())

    def _claimed(self) -> Claimed:
        """The claim as it was made: a repeat returns the same one, whoever has the task now.

        A queue that has forgotten it (after a week, or because it was made anew) would take that for a new claim, of
        any task: it is given back, and of the old one only what the record tells is known.
        """
        so_far, claims = self.so_far, self.tools.claims
        lease = Lease(
            task_id=so_far.task_id,
            fence=so_far.fence,
            duration_s=so_far.request.lease_s,
            taken_at=time.monotonic(),
        )
        try:
            claimed = claims.claim(so_far.request)
        except (Conflict, TryLater, UnknownTask):
            return Claimed(task=so_far.task(self.tools.now()), lease=lease)
        same = (claimed.lease.task_id, claimed.lease.fence) == (lease.task_id, lease.fence)
        if same and so_far.is_about(claimed.task, self.tools.redactor.text):
            return claimed
        claims.release(claimed.lease, note=f"given back: {so_far.record.run_id} asked for its own claim")
        return Claimed(task=so_far.task(self.tools.now()), lease=lease)

    def _report(self, run: Run) -> RunReport:
        try:
            return finish(run, *coming_back.to_the_report(run, self.so_far))
        except (OutsideTrouble, TryLater) as unreachable:
            raise report_waits(run, unreachable) from unreachable

    def _entry(self) -> Callable[[Run], Ended]:
        """Where the run comes in again."""
        so_far = self.so_far
        if so_far.judgement is not None:
            return lambda run: coming_back.to_the_delivery(run, so_far)
        if so_far.answer is not None:
            return lambda run: coming_back.to_the_answer(run, so_far)
        return lambda run: coming_back.to_the_conversation(run, so_far)

    def _run(self, claimed: Claimed) -> Run:
        """The run as it was when it was left."""
        so_far = self.so_far
        usage = self._usage()
        asks_again = so_far.judgement is None and so_far.ending is None
        held, charged = hold_again(self.tools, self.policy, so_far, usage, open_hold=asks_again)
        return Run(
            tools=self.tools,
            policy=self.policy,
            record=so_far.record,
            stop=self.stop,
            base=so_far.base,
            task=claimed.task,
            lease=replace(claimed.lease, taken_at=time.monotonic() - claimed.lease.duration_s),
            held=held,
            work_tree=so_far.work_tree,
            journal=open_journal(self.tools, so_far.record),
            usage=usage,
            seen=Spent(tokens=usage.tokens, cost_nano=usage.cost_nano),
            charged=charged,
            evidence=so_far.evidence,
            tree_id=so_far.evidence.tree,
            session_id=so_far.session_id,
            spoke=True,
            branch=so_far.branch,
            commits=(so_far.commit,) if so_far.commit else (),
            pull_request=so_far.pull_request,
            summary=so_far.summary,
            leaks=so_far.leaks,
        )

    def _usage(self) -> Usage:
        """What was spent until now, the calls that were cut off counted once."""
        so_far, record = self.so_far, self.so_far.record
        streams = cut_off(record.folder)
        more = spent_in(streams[so_far.counted :], so_far.total, held_nano=so_far.held_nano)
        usage = so_far.usage
        usage = replace(usage, tokens=usage.tokens + more.tokens, cost_nano=usage.cost_nano + more.cost_nano)
        record.note(usage=usage_facts(usage), cut_off_counted=len(streams))
        return usage

    def _renew(self, run: Run) -> LeaseLost | None:
        """Take the lease up again; what is wrong with it, if it is lost."""
        try:
            run.lease = self.tools.claims.renew(run.lease, Report(note="going on after a break"))
        except TaskCancelled as cancelled:
            return cancelled
        except LeaseLost as lost:
            return self._claim_again(run, lost) if self.so_far.waiting else lost
        except UnknownTask as unknown:
            return LeaseLost(f"the queue does not know the task any more: {unknown}")
        return None

    def _claim_again(self, run: Run, lost: LeaseLost) -> LeaseLost | None:
        """The run gave the task back while its delivery waited: it is ours again if nobody took it."""
        requests = self.so_far.requests
        again = replace(
            requests[0],
            request_id=f"{run.run_id}.{len(requests)}",
            task_id=run.task.id,
            resume_run=run.run_id,
        )
        if requests[-1] != self.so_far.request:
            again = requests[-1]  # asked for already, the answer was never seen
        try:
            with run.record.step(Step.CLAIM, **request_facts(again)) as facts:
                claimed = self.tools.claims.claim(again)
                facts.update(task_id=claimed.task.id, fence=claimed.lease.fence)
        except (Conflict, UnknownTask) as refused:
            log.info("%s is not ours any more: %s", run.task.id, refused)
            return lost
        run.task, run.lease = claimed.task, claimed.lease
        return None
