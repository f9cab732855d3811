"""The developer's hooks in a world, with network and without, and daemons that they leave."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.git.clone import PrivateClone
from runner.git.work_tree import WorkTree
from runner.process.confinement import Confinement, find_confinement
from tests.git.world import World
from tests.support.git import Sandbox

AT_COMMIT = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
ENV = {"PATH": os.environ["PATH"]}


@dataclass
class Confined(World):
    """A world whose runs call hooks without network, in its checkout's folder."""

    asked: list[str] = field(default_factory=list)

    def confine(self) -> Confinement:
        self.asked.append("asked")
        top = self.checkout.path
        return find_confinement(
            ENV, setting="hooks.network", read_only=(top, top / ".git"), writable=(self.state / "clones",)
        )

    def clone(self) -> PrivateClone:
        clone = super().clone()
        return replace(clone, ground=replace(clone.ground, confine_hooks=self.confine))


def hook(world: World, name: str, text: str, *, first: str = "#!/bin/sh\n") -> Path:
    path = world.checkout.path / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(first + text)
    path.chmod(0o755)
    return path


def calling(port: int) -> str:
    """A shell line that says whether somebody answers there."""
    reach = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    return f'if {sys.executable} -c "{reach}" 2>/dev/null; then echo reached; else echo alone; fi'


def is_still(beat: Path) -> bool:
    """Whether nobody writes to the file any more."""
    size = beat.stat().st_size
    time.sleep(0.2)
    return beat.stat().st_size == size


def beating(beat: Path) -> str:
    """Shell lines that leave a daemon: its own session, forked twice, nothing in its environment, no open file."""
    loop = f"while :; do echo x >> {beat}; sleep 0.02; done"
    return (
        f"(setsid env -i /bin/sh -c '{loop}' </dev/null >/dev/null 2>&1 &)\n"
        f"while [ ! -s {beat} ]; do sleep 0.01; done\n"
    )


def changed(world: World) -> tuple[WorkTree, str]:
    """A work tree with a change, and its base."""
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})
    return tree, base.commit_id
