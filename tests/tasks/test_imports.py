"""Looking at the queue stays quick because it loads only what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard
from runner.tasks.model import NewTask
from runner.tasks.schema import TASKS

ROOT = Path(__file__).parents[2]

LOOK = """
import sys
from pathlib import Path
before = set(sys.modules)
from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard
from runner.tasks.model import TaskFilter
from runner.tasks.schema import TASKS
with Database(Path(sys.argv[1]), schemas=(TASKS,)) as database:
    assert len(EmbeddedBoard(database).list(TaskFilter())) == 1
print(*sorted(set(sys.modules) - before))
"""

NEVER = (
    {"json", "hashlib", "random", "secrets", "uuid", "logging", "asyncio", "subprocess", "tempfile"}
    | {"click", "yaml", "httpx", "pygit2", "jinja2", "tomllib", "runner.paths"}
    | {"runner.tasks.engine", "runner.tasks.commands", "runner.tasks.transitions", "runner.tasks.journal"}
)


def test_a_list_loads_neither_the_engine_nor_anything_heavy(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with Database(path, schemas=(TASKS,)) as database:
        EmbeddedBoard(database).create(NewTask(title="one", project="p"), request_id="r-1")

    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    told = subprocess.run(
        [sys.executable, "-c", LOOK, str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "runner.tasks.queries" in told.stdout.split()
    assert NEVER & set(told.stdout.split()) == set()
