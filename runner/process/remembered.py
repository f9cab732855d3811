"""Where orphans cannot be adopted (macOS): every descendant that `ps` has shown once is ended by its number.

One that is born, orphaned and set apart between two looks is missed; Linux needs none of this.
"""

from __future__ import annotations

import subprocess

from runner.process import tree

INTERVAL_S = 1.0
_PS = ("/bin/ps", "-A", "-o", "pid=,ppid=,stat=,lstart=")
_PS_LIMIT_S = 10.0


class Remembered:
    """The descendants of one process, the process itself included, as far as they were seen."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._started: dict[int, str] = {}
        """Process id to start time: a number that was given away again is somebody else."""

    def look(self) -> tuple[int, ...]:
        """Add who is there now; returns all who are still alive."""
        rows = _rows()
        alive = {pid for pid, (_, started) in rows.items() if self._started.get(pid) == started}
        if not self._started and self._root in rows:
            alive.add(self._root)
        while born := {pid for pid, (parent, _) in rows.items() if parent in alive} - alive:
            alive |= born
        self._started |= {pid: rows[pid][1] for pid in alive}
        return tuple(alive)

    def end(self) -> int:
        """Send SIGKILL to all of them; returns how many were alive."""
        alive = self.look()
        for pid in alive:
            tree.kill(pid)
        return len(alive)


def _rows() -> dict[int, tuple[int, str]]:
    """Process id to parent and start time, without those that have ended and wait to be collected."""
    try:
        done = subprocess.run(_PS, capture_output=True, text=True, check=False, timeout=_PS_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows: dict[int, tuple[int, str]] = {}
    for line in done.stdout.splitlines():
        pid, parent, state, started = line.split(None, 3)
        if not state.startswith("Z"):
            rows[int(pid)] = (int(parent), started)
    return rows
