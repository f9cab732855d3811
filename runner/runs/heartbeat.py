"""Keeps a lease alive in the background and carries news to the task; tells `Stop` when the lease is lost."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from types import TracebackType

from runner.errors import LeaseLost, RunnerError, TaskCancelled
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Lease, Report
from runner.tasks.protocol import Claims

RETRY_S = 2.0
"""After a beat that failed for an outside reason."""

OVER = frozenset({StopReason.LEASE_LOST, StopReason.CANCELLED})
"""Nothing can be renewed any more."""

log = logging.getLogger("runner.heartbeat")


class Heartbeat:
    """A thread that renews a lease each third of its time, with jitter, until left or lost."""

    def __init__(
        self,
        claims: Claims,
        lease: Lease,
        stop: Stop,
        *,
        on_beat: Callable[[Lease], None] = lambda _: None,
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._claims = claims
        self._lease = lease
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
        with self._guard:
            try:
                self._lease = self._claims.renew(self._lease, report)
            except TaskCancelled as cancelled:
                self._stop.set(StopReason.CANCELLED, str(cancelled))
            except LeaseLost as lost:
                self._stop.set(StopReason.LEASE_LOST, str(lost))
            except RunnerError as error:
                log.warning("heartbeat for %s failed: %s", self._lease.task_id, error)
                self._on_failure(str(error))
            else:
                self._on_beat(self._lease)

    def confirm(self) -> None:
        """Renew and raise if the lease is gone: the re-check before push, pull request and completion.

        Raises:
            Stopped: the lease is lost, or the run was told to stop.
        """
        self.tell(Report())
        self._stop.check()

    def _run(self) -> None:
        while True:
            lease = self._lease
            if self._done.wait(_pause_s(lease)) or self._stop.reason in OVER:
                return
            if self._lease is lease:  # else `tell` has renewed it meanwhile
                self.tell(Report())


def _pause_s(lease: Lease) -> float:
    """Until a third of the lease has passed, less some jitter; after a failed beat, a short while."""
    third = lease.duration_s / 3
    due_in = lease.taken_at + third * random.uniform(0.8, 1.0) - time.monotonic()  # noqa: S311 - jitter
    return due_in if due_in > 0 else min(RETRY_S, third / 3)
