"""Two things Linux can do for a parent: adopt its orphaned descendants, and tell a child of its end."""

from __future__ import annotations

import sys

_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36


def adopt_orphans(wanted: bool = True) -> bool:
    """Become (or stop being) the parent of every descendant that loses its own. Returns False if impossible."""
    return _prctl(_SET_CHILD_SUBREAPER, int(wanted))


def ask_for_signal_at_parents_end(number: int) -> bool:
    """Have `number` sent to this process when the *thread* that started it ends. Returns False if impossible."""
    return _prctl(_SET_PDEATHSIG, number)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    import ctypes  # 8 ms, and only swept children need it

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
    return bool(prctl(option, value, 0, 0, 0) == 0)
