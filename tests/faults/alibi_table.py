"""Print what a hostile agent's acts do to a developer's checkout: `python -m tests.faults.alibi_table`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.conftest import CALC
from tests.faults.hostile_acts import CANNOT_BE_UNDONE, INSIDE, OUTSIDE, make_scene, state_of, told_apart
from tests.support.git import Sandbox


def row(act: str, command: str, folder: Path) -> str:
    """One act in a fresh world: what was found, whose it is, and what came back."""
    checkout = Sandbox.create(folder / "repo", files={"README.md": "# Widget\n", "calc.py": CALC})
    scene = make_scene(checkout, folder)
    before = state_of(checkout)
    scene.agent(command)
    verdict = scene.verdict()
    if not verdict.ours and not verdict.theirs:
        found = "nothing changed" if not told_apart(before, state_of(checkout)) else "NOT SEEN"
        return f"| {act} | {found} | - |"
    whose = "the run's" if verdict.ours else "NOT ATTRIBUTED"
    named = "; ".join(item.told() for item in verdict.ours[:2])
    more = f" and {len(verdict.ours) - 2} more" if len(verdict.ours) > 2 else ""
    if verdict.script:
        scene.undo(verdict)
    left = told_apart(before, state_of(checkout))
    back = CANNOT_BE_UNDONE.get(act) or ("all came back" if not left else "LOST")
    return f"| {act} | {whose}: {named}{more} | {back} |"


def main() -> None:
    """One row for each act."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ |= {
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "XDG_CONFIG_HOME": str(home / ".config"),
        }
        (home / ".gitconfig").write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch=main\n"
        )
        print("| act | what was found | what came back |\n| --- | --- | --- |")  # noqa: T201
        for number, (act, command) in enumerate({**INSIDE, **OUTSIDE}.items()):
            print(row(act, command, home / f"world-{number}").replace(name, ""), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
