"""How a later runner finds what a killed one left behind, when its supervisor was killed with it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.process import tree
from runner.process.brand import brand_of

SWEEP_LIMIT_S = 5.0
SUPERVISOR_LIMIT_S = 6.0
"""A supervisor whose runner is gone needs at most its own sweep limit to end everyone by itself."""

_PS = ("/bin/ps", "-o", "stat=,lstart=", "-p")
_PS_LIMIT_S = 10.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")

_log = logging.getLogger("runner.process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One process, told apart from every other that has had or will have its number."""

    pid: int
    start_time: str
    """As the system tells it (Linux: clock ticks since boot); empty when the process had ended already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """What to write down about a swept child before it has done anything."""

    child: Identity
    supervisor: Identity
    runner: Identity
    """Who started it: while this one lives, the child is nobody else's to end."""
    boot_id: str
    """This boot and this space of process numbers; empty where the system tells neither."""
    brand: int
    """What the child and all its descendants wear; where they cannot (macOS) it finds nobody."""

    def facts(self) -> dict[str, str | int]:
        """For JSON; `mark_in` reads it back."""
        return {
            "pid": self.child.pid,
            "start_time": self.child.start_time,
            "boot_id": self.boot_id,
            "brand": self.brand,
            "supervisor_pid": self.supervisor.pid,
            "supervisor_start_time": self.supervisor.start_time,
            "runner_pid": self.runner.pid,
            "runner_start_time": self.runner.start_time,
        }


def mark_in(facts: object) -> ProcessMark | None:
    """The mark that `facts` was made of; None for anything else."""
    if not isinstance(facts, Mapping):
        return None
    child, supervisor, runner = (_identity_in(facts, name) for name in ("", "supervisor_", "runner_"))
    brand, boot_id = facts.get("brand"), facts.get("boot_id")
    if child is None or supervisor is None or runner is None:
        return None
    if not isinstance(boot_id, str) or not isinstance(brand, int) or brand <= 0:
        return None
    return ProcessMark(child=child, supervisor=supervisor, runner=runner, boot_id=boot_id, brand=brand)


def mark_of(pid: int, *, supervisor: int, brand: int) -> ProcessMark:
    """The mark of a child that this process has started."""
    return ProcessMark(
        child=identity(pid),
        supervisor=identity(supervisor),
        runner=identity(os.getpid()),
        boot_id=_boot_id(),
        brand=brand,
    )


def end_survivors(mark: ProcessMark) -> int:
    """End all that is left of a swept child whose runner is gone; returns how many processes were ended.

    Nobody is ended while that runner lives, after a reboot, in another space of process numbers, or for having the
    number of somebody who is gone. Who cannot be ended within some seconds is told to the log.
    """
    if mark.boot_id != _boot_id() or lives(mark.runner):
        return 0
    _let_finish(mark.supervisor)
    ended: set[Identity] = set()
    give_up_at = time.monotonic() + SWEEP_LIMIT_S
    while left := _left(mark):
        ended.update(process for process in left if _signal(process, signal.SIGKILL))
        if time.monotonic() > give_up_at:
            _log.warning("%d processes that an earlier run left behind cannot be ended", len(left))
            break
        time.sleep(0.01)
    return len(ended)


def identity(pid: int) -> Identity:
    """The process that has this number now."""
    return Identity(pid=pid, start_time=_start_time(pid))


def lives(process: Identity) -> bool:
    """Whether it still runs; one that has ended and was not collected does not."""
    return bool(process.start_time) and _start_time(process.pid) == process.start_time


def _let_finish(supervisor: Identity) -> None:
    """It ends everyone by itself once its runner is gone; if it was stopped, it has to be woken for that."""
    give_up_at = time.monotonic() + SUPERVISOR_LIMIT_S
    while lives(supervisor):
        late = time.monotonic() > give_up_at
        if not _signal(supervisor, signal.SIGKILL if late else signal.SIGCONT):
            return
        time.sleep(0.02)


def _left(mark: ProcessMark) -> set[Identity]:
    """Who wears the brand, and the child with all below it; never we ourselves or who has started us."""
    branded = {who for who in map(identity, tree.everybody()) if brand_of(who.pid) == mark.brand}
    spared = {os.getpid(), *tree.above(os.getpid())}
    return {who for who in branded | _family(mark.child) if who.start_time and who.pid not in spared}


def _family(child: Identity) -> set[Identity]:
    """The child and its descendants, as long as it lives: then nobody else has its number."""
    seen = {identity(pid) for pid in tree.below(child.pid)} | {child}
    # Asked twice: a number that was given away between the two questions is in only one answer.
    below = {child.pid, *tree.below(child.pid)}
    return {who for who in seen if who.pid in below} if lives(child) else set()


def _signal(process: Identity, number: int) -> bool:
    """Send a signal to exactly this process. Returns False if it has ended or is not ours to reach."""
    held = _hold(process.pid)
    try:
        # Looked at while it is held: its number cannot be somebody else's by the time the signal is sent.
        if not lives(process):
            return False
        if held is None:
            os.kill(process.pid, number)
        else:
            signal.pidfd_send_signal(held, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        if held is not None:
            os.close(held)
    return True


def _hold(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _start_time(pid: int) -> str:
    """Empty for a process that is gone, or has ended and waits to be collected."""
    if sys.platform != "linux":
        return _start_time_by_ps(pid)
    return str(tree.start_ticks(pid)) if tree.runs(pid) else ""


def _start_time_by_ps(pid: int) -> str:
    try:
        done = subprocess.run(
            (*_PS, str(pid)), capture_output=True, text=True, check=False, timeout=_PS_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    state, _, started = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _boot_id() -> str:
    try:
        return f"{_BOOT_ID.read_text().strip()}/{_NUMBERS.stat().st_ino}"
    except OSError:
        return ""


def _identity_in(facts: Mapping[object, object], name: str) -> Identity | None:
    pid, started = facts.get(f"{name}pid"), facts.get(f"{name}start_time")
    if isinstance(pid, bool) or not isinstance(pid, int) or pid <= 1 or not isinstance(started, str):
        return None
    return Identity(pid=pid, start_time=started)
