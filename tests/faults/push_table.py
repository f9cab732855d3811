"""Print how each way in which a push can fail is told: `python -m tests.faults.push_table`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from runner.git.push_faults import PASSES_BY_ITSELF, PushFailed
from tests.faults.push_faults import PLANS, Plan, arranged
from tests.git.world import World
from tests.support.git import Sandbox


def row(plan: Plan, folder: Path) -> str:
    """One fault in a fresh world."""
    checkout = Sandbox.create(folder / "repo", files={"README.md": "# Widget\n", "calc.py": "x\n"})
    origin = checkout.add_remote(folder / "origin.git")
    world = World(checkout=checkout, state=folder / "state")
    with arranged(plan, world, origin):
        tree = world.committed({"calc.py": f"fixed {os.urandom(3000).hex()}\n"})
        before = origin.git("for-each-ref")
        try:
            tree.push(world.branch, None, "origin")
        except PushFailed as error:
            remote = "as it was" if origin.git("for-each-ref") == before else "CHANGED"
            later = "yes" if error.fault in PASSES_BY_ITSELF else "no"
            words = str(error).replace(str(folder), "").replace("|", "/")
            return f"| {plan.name} | {error.fault.value} | {remote} | {later} | {words} |"
    return f"| {plan.name} | NOT NOTICED | - | - | - |"


def main() -> None:
    """One row for each fault."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ |= {"HOME": name, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": str(home / ".config")}
        settings = "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        (home / ".gitconfig").write_text(settings)
        print("| what happens | told as | the remote | works later by itself | words |")  # noqa: T201
        print("| --- | --- | --- | --- | --- |")  # noqa: T201
        for number, plan in enumerate(PLANS):
            print(row(plan, home / f"world-{number}"), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
