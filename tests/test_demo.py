"""`make demo` is what a newcomer sees first: it must work, and say what it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "docs/demo/demo.py"


def play(**more: str) -> subprocess.CompletedProcess[str]:
    """What a person at a terminal sees: both outputs, in their order."""
    environ = {**os.environ, **more, "PYTHONPATH": str(DEMO.parents[2])}
    command = [sys.executable, str(DEMO)]
    return subprocess.run(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(scope="module")
def done() -> subprocess.CompletedProcess[str]:
    return play()


def alike(text: str) -> str:
    """Without what is another in each demo: its folder, the id of its run, its seconds."""
    for other in (r"/[^\s]*/state/runs/", r"r-\d{8}-\d{6}-[0-9a-f]{6}", r"\d+\.\d s\b"):
        text = re.sub(other, "*", text)
    return text


def test_the_console_of_the_readme_is_what_the_demo_prints(done: subprocess.CompletedProcess[str]) -> None:
    readme = (DEMO.parents[2] / "README.md").read_text()
    shown = readme.partition("```console\n")[2].partition("```\n")[0]

    assert shown.startswith("$ runner claim T-1\n")
    assert alike(shown) in alike(done.stdout)


def test_the_demo_goes_from_a_failing_test_to_a_pull_request(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout
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
    assert "no `claude` on PATH" in done.stdout
