"""How checks are confined when they may not have the network: the developer's checkout cannot be written to either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.git.repository import Repository
from runner.process.confinement import Confinement, find_confinement
from runner.wiring.app import App

TOOLS_FOLDERS = ("TMPDIR", "XDG_CACHE_HOME")
"""Variables that name a folder which programs write to without being asked."""


def confine(app: App, environment: Mapping[str, str]) -> Confinement:
    """The way for checks with this environment, seen to work here; their work tree can be written to.

    Raises:
        ProgramMissing, OutsideTrouble: there is none.
        NotARepository: we stand in none.
    """
    named = (Path(environment[name]) for name in TOOLS_FOLDERS if environment.get(name))
    return find_confinement(
        environment,
        read_only=untouchable(app.light_repository, environment),
        # git in a work tree writes to the clone that it stands on.
        writable=(app.paths.clones, *(path for path in named if path.is_absolute())),
    )


def untouchable(checkout: Repository, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The checkout and its git folders; only the latter when the home folder lies in it, as with dotfiles."""
    git = (checkout.git_dir, checkout.common_dir)
    home = environment.get("HOME", "")
    at_home = bool(home) and Path(home).resolve().is_relative_to(checkout.top.resolve())
    return git if at_home else (checkout.top, *git)
