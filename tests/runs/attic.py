"""A world after some runs, and house-keeping over what they left."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.errors import RunnerError, UnknownTask
from runner.git.alibi import take
from runner.git.belonging import belonging_file
from runner.git.clone import PrivateClone
from runner.git.keeping import keep
from runner.git.repository import Repository
from runner.git.work_tree import WorkTree
from runner.process.stop import Stop
from runner.runs.cleaning import Cleaner, CleanReport, Upkeep
from runner.runs.finding import Awaiting, Shelves
from runner.runs.finding_clones import Grounds
from runner.runs.keeping import DAY_S, MB, Bounds, Found
from runner.tasks.model import Task
from tests.git.world import text_of_run
from tests.runs.world import World
from tests.support.git import Sandbox

WIDE = Bounds(runs=1000, days=30, size_bytes=1000 * MB)
TIGHT = Bounds(runs=0, days=30, size_bytes=1000 * MB)
"""No finished run is kept."""


class Attic:
    """What is in the state folder, how it gets there without a run, and a broom."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.paths = world.paths
        self.bounds = WIDE
        self.collect = False
        self.stop = Stop()

    def cleaner(self) -> Cleaner:
        shelves = Shelves(
            paths=self.paths,
            bounds=self.bounds,
            now_s=time.time(),
            awaiting=Awaiting(task=self.task, is_unknown=lambda error: isinstance(error, UnknownTask)),
        )
        return Cleaner(
            shelves=shelves,
            grounds=Grounds(shelves=shelves, source=self.world.environ, stop=self.stop),
            upkeep=Upkeep(archive=self.archive, collect_always=self.collect),
            stop=self.stop,
        )

    def archive(self, dry_run: bool) -> int:
        """There is nothing that ended long ago."""
        assert dry_run in {True, False}
        return 0

    def task(self, task_id: str) -> Task:
        return self.world.board.get(task_id)

    def clean(self, bounds: Bounds | None = None, *, dry_run: bool = False, **changes: Any) -> CleanReport:
        self.bounds = replace(bounds or self.bounds, **changes)
        return self.cleaner().clean(dry_run=dry_run)

    def clone(self) -> PrivateClone:
        checkout = Repository.open(self.world.checkout.path, source=self.world.environ)
        return PrivateClone.ensure(checkout, self.paths.clones)

    def run(self, run_id: str = "r-20260101-000000-aaaaaa", *, over: bool = True, **facts: Any) -> Path:
        """A run's folder; `over` with a report."""
        folder = self.paths.runs / run_id
        folder.mkdir(parents=True, exist_ok=True)
        record = {"schema": 1, "id": run_id, "claude_started": True, "steps": [], **facts}
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "stream.jsonl").write_bytes(b"x" * 20_000)
        if over:
            report = {"outcome": "done", **facts.get("report", {})}
            (folder / "outcome.json").write_text(json.dumps(report))
        return folder

    def tree(self, task_id: str = "T-7", **facts: Any) -> WorkTree:
        """A work tree that a run left, and the run's record; `facts` are of the record."""
        clone = self.clone()
        base = clone.resolve_base()
        path = self.paths.worktrees / clone.path.stem / task_id
        tree = clone.add_work_tree(path, f"fix/{task_id}-clock", base)
        self.run(
            f"r-20260101-000000-{abs(hash(task_id)) % 0xFFFFFF:06x}",
            **{
                "work_tree": str(path),
                "base": {"branch": base.branch, "commit": base.commit_id},
                "clone": str(clone.path),
                "task": {"id": task_id},
                **facts,
            },
        )
        return tree

    def tree_facts(self, tree: WorkTree, *, over: bool = True, **facts: Any) -> str:
        """Say something else in the record of a work tree's run; returns its id."""
        for folder in self.paths.runs.iterdir():
            record = json.loads((folder / "run.json").read_text())
            if record.get("work_tree") == str(tree.path):
                (folder / "run.json").write_text(json.dumps({**record, **facts}))
                if not over:
                    (folder / "outcome.json").unlink()
                return folder.name
        raise AssertionError(f"there is no record of {tree.path}")

    def committed(self, tree: WorkTree) -> str:
        """One commit of ours in a work tree."""
        Sandbox(tree.path).write({"calc.py": "def add(a, b):\n    return a + b\n"})
        base = self.clone().resolve_base()
        return tree.commit(base.commit_id, text_of_run())

    def forget_use(self, days: float = 100) -> Path:
        """Nobody has used the clone for so long; returns its path."""
        clone = self.clone().path
        then = time.time() - days * DAY_S
        os.utime(belonging_file(clone), (then, then))
        return clone


FIRST, SECOND = "r-20260101-000000-aaaaaa", "r-20260102-000000-bbbbbb"


def copied(attic: Attic, run_id: str = FIRST, *, days: float = 0) -> Path:
    """What a run kept of the checkout so many days ago, and the run's folder; returns where it is."""
    attic.world.checkout.write({"unsaved.txt": f"unsaved work of {run_id}\n" * 100})
    checkout = Repository.open(attic.world.checkout.path, source=attic.world.environ)
    kept = keep(attic.clone().ground, take(checkout), run_id, at=int(time.time()))
    folder = attic.run(run_id)
    age(folder / "run.json", days)
    return age(Path(kept.vault) / "refs/runner/alibi" / run_id, days)


def shown(vault: Path, run_id: str) -> str:
    """The unsaved file as the vault has it; empty when it is not there."""
    name = f"refs/runner/alibi/{run_id}/files:unsaved.txt"
    done = subprocess.run(
        ["git", f"--git-dir={vault}", "show", name], capture_output=True, text=True, check=False
    )
    return done.stdout


def age(path: Path, days: float) -> Path:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))
    return path


def names(things: tuple[Found, ...]) -> list[str]:
    return [f"{thing.kind.value} {thing.name}" for thing in things]


def reasons(report: CleanReport) -> list[str]:
    """Why each thing was kept."""
    return [thing.stays for thing in report.kept]


def only(report: CleanReport) -> str:
    """Why the one thing that was kept was kept."""
    (why,) = reasons(report)
    return why


def unreachable(task_id: str) -> Task:
    raise RunnerError(f"the queue does not answer about {task_id}")
