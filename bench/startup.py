"""What the short commands cost, beside an interpreter that imports just what they need.

Run: python -m bench.startup
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, in_turn, process, table

FLOOR = "python -c 'import click, sqlite3, tomllib'"
RUNS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = environment(folder)
        runner = [sys.executable, "-m", "runner"]
        subprocess.run(["git", "init", "-q", str(folder / "repo")], check=True)
        for number in range(20):
            command = [*runner, "submit", f"Task {number}", "-d", "text"]
            subprocess.run(command, env=environ, cwd=folder / "repo", check=True, stdout=subprocess.DEVNULL)

        def run(*argv: str) -> Cost:
            return process(argv, env=environ, cwd=folder / "repo")

        rows = in_turn(
            {
                FLOOR: lambda: run(sys.executable, "-c", "import click, sqlite3, tomllib"),
                "runner --version": lambda: run(*runner, "--version"),
                "runner list": lambda: run(*runner, "list"),
                "runner submit": lambda: run(*runner, "submit", "Another"),
                "python -c pass": lambda: run(sys.executable, "-c", "pass"),
            },
            runs=RUNS,
        )
    print(table(rows, floor=FLOOR, goal={"runner --version": 1.5, "runner list": 1.5}))


def environment(folder: Path) -> dict[str, str]:
    """This one, with settings, state and cache in `folder`."""
    places = {f"RUNNER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, **places}


if __name__ == "__main__":
    main()
