"""Keeps a lease alive in the background and carries news to the task; tells `Stop` when the lease is lost."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType

from runner.errors import LeaseLost, LeaseUnconfirmed, RunnerError, TaskCancelled
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Lease, Report
from runner.tasks.protocol import Claims

RETRY_S = 2.0
"""After a beat that failed for an outside reason."""
LOOK_S = 1.0
"""Between two looks whether the task is still ours: a person who cancels it does not wait for the next beat."""
MARGIN_S = 15.0
"""So much of a lease must be left for a push or a pull request that the queue could not be asked about."""

OVER = frozenset({StopReason.LEASE_LOST, StopReason.CANCELLED})
"""Nothing can be renewed any more."""

log = logging.getLogger("runner.heartbeat")


def steady_s() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps; `time.monotonic` may not."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Heartbeat:
    """A thread that renews a lease each third of its time, with jitter, and looks after it in between."""

    def __init__(
        self,
        claims: Claims,
        lease: Lease,
        stop: Stop,
        *,
        on_beat: Callable[[Lease], None] = lambda _: None,
        on_failure: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = steady_s,
    ) -> None:
        self._claims = claims
        self._lease = lease
        self._clock = clock
        self._ours_until = clock() + lease.taken_at + lease.duration_s - time.monotonic()
        self._stop = stop
        self._on_beat, self._on_failure = on_beat, on_failure
        self._guard = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def lease(self) -> Lease:
        return self._lease

    def tell(self, report: Report) -> None:
        """Renew now and carry `report`; trouble with the store is logged, not raised.

        A lost lease sets `Stop`, so that the next `Stop.check` ends the run.
        """
        self._renew(report, lost=self._stop_for)

    def _renew(self, report: Report, *, lost: Callable[[LeaseLost], None]) -> RunnerError | None:
        """Returns why the queue did not answer, if it did not."""
        with self._guard:
            asked_at = self._clock()
            try:
                self._lease = self._claims.renew(self._lease, report)
            except LeaseLost as refused:
                lost(refused)
            except RunnerError as error:
                log.warning("heartbeat for %s failed: %s", self._lease.task_id, error)
                self._on_failure(str(error))
                return error
            else:
                self._ours_until = asked_at + self._lease.duration_s
                self._on_beat(self._lease)
        return None

    def confirm(self) -> None:
        """Renew and raise unless the task is still ours: the re-check before push and pull request.

        When the queue cannot be asked, it is ours for sure as long as the lease runs: nobody else is given it. Time
        that the machine slept counts.

        Raises:
            Stopped: the lease is lost, or the run was told to stop.
            LeaseUnconfirmed: the queue does not answer, and the lease has run out or soon will.
        """
        silence = self._renew(Report(), lost=self._stop_for)
        self._stop.check()
        if silence is not None and self._clock() > self._ours_until - MARGIN_S:
            raise LeaseUnconfirmed(
                f"the queue cannot be asked whether {self._lease.task_id} is still ours: {silence}",
                hint=silence.hint,
            ) from silence

    def _run(self) -> None:
        lease, due = self._lease, _due(self._lease)
        while not self._done.wait(min(LOOK_S, max(due - time.monotonic(), 0.0))):
            if self._stop.reason in OVER:
                return
            if self._lease is not lease:  # it was renewed meanwhile
                lease, due = self._lease, _due(self._lease)
            elif time.monotonic() < due:
                self._look()
            else:
                # A run that has just ended its task itself has nothing to renew, and nothing to stop for.
                self._renew(Report(), lost=lambda _: self._look())
                due = time.monotonic() + (
                    min(RETRY_S, lease.duration_s / 9) or RETRY_S
                )  # unless it was renewed

    def _look(self) -> None:
        """Stop the run if somebody took the task."""
        try:
            self._claims.check(self._lease)
        except LeaseLost as lost:
            self._stop_for(lost)
        except RunnerError as error:
            log.debug("cannot look after %s: %s", self._lease.task_id, error)  # the next beat tells

    def _stop_for(self, lost: LeaseLost) -> None:
        cancelled = isinstance(lost, TaskCancelled)
        self._stop.set(StopReason.CANCELLED if cancelled else StopReason.LEASE_LOST, str(lost))


def _due(lease: Lease) -> float:
    """When to renew it (monotonic seconds): a third of its time has passed, less some jitter."""
    return lease.taken_at + lease.duration_s / 3 * random.uniform(0.8, 1.0)  # noqa: S311 - jitter
