"""Builds the forge of a checkout: GitHub through gh where that works, else the local stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.forge.choose import choose
from runner.forge.github import GitHubForge
from runner.forge.local import LocalForge
from runner.forge.protocol import Forge
from runner.gh.program import Gh
from runner.git.repository import Repository
from runner.process.stop import Stop
from runner.wiring.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenForge:
    """Where this checkout's pull requests go, and why."""

    build: Callable[[Path], Forge]
    """Given the folder of a run."""
    local: bool
    reason: str


def choose_forge(app: App, checkout: Repository, stop: Stop | None = None) -> ChosenForge:
    """Decide once per command; nothing is sent anywhere."""
    gh = Gh(environment=app.environ, stop=stop)
    remote = checkout.main_remote()
    url = checkout.remote_url(remote) if remote else None
    choice = choose(url, gh_available=gh.available(), gh_knows=gh.knows)
    repository = choice.repository
    if repository is None:
        return ChosenForge(
            build=lambda folder: LocalForge(folder, warning=choice.warning), local=True, reason=choice.reason
        )
    pause = stop.wait if stop else time.sleep
    return ChosenForge(
        build=lambda _: GitHubForge(gh, repository, pause=pause), local=False, reason=choice.reason
    )
