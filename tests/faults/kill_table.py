"""The kill table: where `runner claim` is killed, and what is there after the next one.

`python -m tests.faults.kill_table` prints it as Markdown; it takes some minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.scene import Found, Scene
from tests.faults.stand_in import COST_USD
from tests.peers.github import GitHub
from tests.support.git import Sandbox

WRITES = 40
"""How often the record of a run is written that goes well: each one is an act begun or ended."""
CALL_NANO = round(COST_USD * 1e9)
WANTED = Found(
    commits=1,
    branches=("fix/T-1-fix-add",),
    pulls=1,
    completions=1,
    cost_nano=0,
    holds=0,
    leftovers=(),
    unfinished=0,
    status="completed",
    attempts=1,
)
"""Whatever happened; the money is what the calls of claude have cost, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """One row: the place, what was begun there, and what was found after the next claim."""

    place: str
    act: str
    code: int
    found: Found
    wanted: Found
    said: str

    @property
    def good(self) -> bool:
        return self.found == self.wanted


def places() -> list[str]:
    """Before and after each write, alone and with the whole process group."""
    return [
        f"{group}{when}:{number}"
        for number in range(1, WRITES + 1)
        for when in ("before", "after")
        for group in ("", "group:")
    ]


def kill_and_go_on(scene: Scene, place: str) -> Killed:
    """Kill a claim at `place`, then claim once more as anybody would."""
    killed = scene.run("claim", place=place, code=-9)
    act = next((line for line in reversed(killed.err.splitlines()) if line.startswith("save ")), "")
    again = scene.run("claim", code=None)
    return Killed(
        place=place,
        act=act,
        code=again.code,
        found=scene.found(),
        wanted=wanted(scene),
        said=again.err + again.out,
    )


def wanted(scene: Scene) -> Found:
    """One of everything, and each call of claude paid for once."""
    known = [call for call in scene.calls() if not call.get("unknown")]
    return replace(WANTED, cost_nano=CALL_NANO * len(known))


@contextmanager
def fresh_scene() -> Iterator[Scene]:
    """A scene in a folder and a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        home = top / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        )
        environ = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
        environ |= {"XDG_STATE_HOME": str(home / ".local/state")}
        os.environ.update(environ)
        origin = Sandbox.create(top / "origin.git", bare=True)
        with GitHub(origin.path) as github:
            yield Scene.create(top, environ, github)


def main() -> int:
    head = (
        "killed at",
        "act",
        "exit",
        "commits",
        "branches",
        "pulls",
        "completions",
        "cost",
        "holds",
        "attempts",
        "",
    )
    sys.stdout.write("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|\n")
    bad = 0
    for place in places():
        with fresh_scene() as scene:
            row = kill_and_go_on(scene, place)
        found = row.found
        bad += not row.good
        cells = (
            place, row.act, row.code, found.commits, len(found.branches), found.pulls, found.completions,
            f"${found.cost_nano / 1e9:.2f}", found.holds, found.attempts, "" if row.good else "WRONG",
        )  # fmt: skip
        sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
        sys.stdout.flush()
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
