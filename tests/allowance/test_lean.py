"""A hook reserves in a few milliseconds: what it imports for that is watched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import runner
from runner.allowance.limits_file import LimitsFile

RESERVE = """
import sys, time
import runner.allowance.model, runner.errors
before = set(sys.modules)
from runner.allowance.files.ledger import FileLedger
from runner.allowance.holder import holder_of_this_process
from runner.allowance.limits_file import LimitsFile
from runner.allowance.model import Ask
ledger = FileLedger(sys.argv[1], LimitsFile(sys.argv[2], cache=sys.argv[3]), time.time)
ask = Ask(id="r", agent_id="me", model="m", tokens=1, cost_nano=1)
assert ledger.reserve(ask, holder_of_this_process()).granted
print(" ".join(sorted(name for name in set(sys.modules) - before if not name.startswith("runner."))))
"""


def test_a_reservation_imports_next_to_nothing(tmp_path: Path) -> None:
    limits, cache = tmp_path / "allowance.toml", tmp_path / "limits.cache"
    limits.write_text("[agent.default]\ndaily_tokens = 9\n")
    LimitsFile(limits, cache=cache).tables()
    paths = [str(tmp_path / "allowance"), str(limits), str(cache)]

    done = subprocess.run(
        [sys.executable, "-S", "-c", RESERVE, *paths],
        env={**os.environ, "PYTHONPATH": str(Path(runner.__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(done.stdout.split()) <= {"fcntl", "zlib", "errno", "time", "_thread"}
