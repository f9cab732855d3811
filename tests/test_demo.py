"""`make demo` is what a newcomer sees first: it must work, and say what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[1] / "docs/demo/demo.py"


def play(**more: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **more, "PYTHONPATH": str(DEMO.parents[2])}
    command = [sys.executable, str(DEMO)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)


def test_the_demo_goes_from_a_failing_test_to_a_pull_request() -> None:
    done = play()

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.split("\n")
    assert lines[0].startswith("Replaying a recorded run: claude is not asked")
    assert "base    python3 -m unittest -q: failed" in lines
    assert "result  python3 -m unittest -q: passed" in lines
    assert "+    return (cents * (100 - percent) + 50) // 100" in lines
    assert "## Evidence" in lines
    assert '  "cost_usd": 0.025,' in lines


def test_a_live_demo_without_claude_says_what_is_missing(tmp_path: Path) -> None:
    done = play(DEMO_CLAUDE="1", PATH=str(tmp_path))

    assert done.returncode == 5
    assert "no `claude` on PATH" in done.stderr
