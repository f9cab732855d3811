"""A developer's checkout with its private clone, and a way to see whether the checkout was touched."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runner.git.clone import PrivateClone
from runner.git.message import commit_message
from runner.git.model import Base
from runner.git.names import Kind
from runner.git.repository import Repository
from runner.git.trailers import RunMark
from runner.git.work_tree import WorkTree
from tests.support.git import Sandbox

FIX = Kind(branch_prefix="fix", commit_type="fix")


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file and link below `folder`, `.git` included, with a hash of its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def leave_conflict(repository: Sandbox) -> None:
    """A merge of two changes of calc.py that git cannot make."""
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side", {"calc.py": "side\n"})
    repository.git("checkout", "-q", "main")
    repository.commit("main", {"calc.py": "main\n"})
    subprocess.run(["git", "merge", "-q", "side"], cwd=repository.path, check=False, capture_output=True)


def text_of_run(
    fence: int = 1, *, run_id: str = "r-1", task_id: str = "T-7", title: str = "Fix the clock"
) -> str:
    return commit_message(kind=FIX, title=title, mark=RunMark(task_id=task_id, run_id=run_id, fence=fence))


@dataclass
class World:
    """One checkout and what our runs make of it."""

    checkout: Sandbox
    state: Path
    branch: str = "fix/T-7-clock"

    def clone(self) -> PrivateClone:
        return PrivateClone.ensure(Repository.open(self.checkout.path), self.state / "clones")

    def start(self, name: str | None = None, *, at: str = "work") -> tuple[WorkTree, Base]:
        clone = self.clone()
        base = clone.resolve_base(name)
        return clone.add_work_tree(self.state / at, self.branch, base), base

    def committed(
        self, files: dict[str, str], *, fence: int = 1, run_id: str = "r-1", at: str = "work"
    ) -> WorkTree:
        """A work tree whose branch has one commit with these files."""
        tree, base = self.start(at=at)
        Sandbox(tree.path).write(files)
        tree.commit(base.commit_id, text_of_run(fence, run_id=run_id))
        return tree
