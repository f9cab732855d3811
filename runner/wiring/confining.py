"""How checks and hooks that may not have the network are confined: nor can they write to the developer's checkout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from runner.git.clone import PrivateClone
from runner.git.repository import Repository
from runner.process.confinement import Confinement, find_confinement
from runner.wiring.app import App

TOOLS_FOLDERS = ("TMPDIR", "XDG_CACHE_HOME")
"""Variables that name a folder which programs write to without being asked."""

CHECKS, HOOKS = "checks.network", "hooks.network"
"""The settings that may want it."""


def confine_hooks(app: App, environment: Mapping[str, str]) -> Callable[[], Confinement] | None:
    """What finds the way for git hooks, once, and raises as `confine`; None if the settings leave them the network."""
    if app.settings.hooks.network:
        return None
    return cache(lambda: confine(app, environment, setting=HOOKS))


def with_hooks_confined(clone: PrivateClone, app: App, environment: Mapping[str, str]) -> PrivateClone:
    """The same clone, in which commits and pushes call hooks as these settings want them."""
    return replace(clone, ground=replace(clone.ground, confine_hooks=confine_hooks(app, environment)))


def confine(app: App, environment: Mapping[str, str], *, setting: str = CHECKS) -> Confinement:
    """The way for programs with this environment, seen to work here; their work tree can be written to.

    Raises:
        ProgramMissing, OutsideTrouble: there is none.
        NotARepository: we stand in none.
    """
    named = (Path(environment[name]) for name in TOOLS_FOLDERS if environment.get(name))
    return find_confinement(
        environment,
        setting=setting,
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
