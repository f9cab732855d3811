"""One run at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import Busy, Stopped
from runner.git.lock import locked
from runner.process.stop import Stop, StopReason


def test_a_lock_that_is_held_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "widget.lock"

    with (
        locked(path, timeout_s=1),
        pytest.raises(Busy, match="working on widget"),
        locked(path, timeout_s=0.05),
    ):
        pass
    with locked(path, timeout_s=0):
        pass


def test_waiting_for_a_lock_ends_when_told_to(tmp_path: Path) -> None:
    stop = Stop()
    stop.set(StopReason.CANCELLED)

    with (
        locked(tmp_path / "a.lock", timeout_s=1),
        pytest.raises(Stopped),
        locked(tmp_path / "a.lock", timeout_s=60, stop=stop),
    ):
        pass
