"""The runner's own last resort: end what is left of a swept child whose supervisor was killed."""

from __future__ import annotations

import os
import threading
import time

from runner.process import prctl, tree

SWEEP_LIMIT_S = 5.0

_lock = threading.Lock()
_started: set[int] = set()
"""Every process that this package has started and not collected yet: none of them is an orphan."""
_swept_children = 0


def hold() -> None:
    """From now on orphans of a swept child come to us if its supervisor dies; `let_go` when it has ended."""
    global _swept_children
    with _lock:
        _swept_children += 1
        prctl.adopt_orphans()


def let_go() -> None:
    """Undo one `hold`. With none left we adopt nobody: a daemon that git started is not our child to collect."""
    global _swept_children
    with _lock:
        _swept_children -= 1
        if _swept_children == 0:
            prctl.adopt_orphans(False)


def remember(pid: int) -> None:
    with _lock:
        _started.add(pid)


def forget(pid: int) -> None:
    with _lock:
        _started.discard(pid)


def end_orphans(since_ticks: int) -> int:
    """End every process we have adopted that is not older than `since_ticks`. Returns how many remain."""
    give_up_at = time.monotonic() + SWEEP_LIMIT_S
    while orphans := _orphans(since_ticks):
        for pid in orphans:
            tree.kill(pid)
            tree.kill_below(pid)
            _collect(pid)
        if time.monotonic() > give_up_at:
            return len(orphans)
        time.sleep(0.001)
    return 0


def _orphans(since_ticks: int) -> list[int]:
    """Our children that nobody here has started: not known, and not of our session.

    A child that other code starts shares our session unless it was given its own; one of a swept child never
    does, because its supervisor has a session apart and there is no way back into another one.
    """
    with _lock:
        known = frozenset(_started)
    session = os.getsid(0)
    return [
        pid
        for pid in tree.children_of(os.getpid())
        if pid not in known and _session(pid) != session and tree.start_ticks(pid) >= since_ticks
    ]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return os.getsid(0)


def _collect(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
