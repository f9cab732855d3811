"""The submodules of a work tree: taken from the developer's checkout, which has their objects already."""

from __future__ import annotations

import os

from runner.errors import GitFailed
from runner.git.base import FROM_DISK
from runner.git.plot import Plot
from runner.git.program import NETWORK_S, Reach
from runner.process.stop import Stop


def fill_submodules(plot: Plot, stop: Stop | None) -> str:
    """Check out the submodules that the developer has initialised, as far as possible; returns a note, "" for none."""
    names = plot.ground.carried.submodules
    if not names or not (plot.path / ".gitmodules").is_file():
        return ""
    missing = [path for name, path in _paths(plot) if name in names and not _fill(plot, name, path, stop)]
    return f"submodules that could not be filled: {', '.join(missing)}" if missing else ""


def _paths(plot: Plot) -> list[tuple[str, str]]:
    """(name, path) of each submodule that the base has."""
    done = plot.git.ask("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    lines = (line.split("\n", 1) for line in os.fsdecode(done.stdout).split("\0") if "\n" in line)
    return [(key.removeprefix("submodule.").removesuffix(".path"), path) for key, path in lines]


def _fill(plot: Plot, name: str, path: str, stop: Stop | None) -> bool:
    """Fill one, without a network if the developer's copy has the commit; returns whether it worked."""
    copy = plot.ground.checkout.common_dir / "modules" / name
    # An address, not a path: of a path git would link the objects, and they are the developer's.
    address = ((f"submodule.{name}.url", copy.as_uri()), (f"submodule.{name}.active", "true"))
    # Settings of this call only: the clone's own are the same for every run.
    git = plot.ground.git_in(plot.path).with_settings((*address, *FROM_DISK))
    command = ("submodule", "--quiet", "update", "--recursive", "--", path)
    try:
        git.run(*command, reach=Reach.REMOTE, timeout_s=NETWORK_S, stop=stop)
    except GitFailed:
        return False
    return True
