"""A run follows what the repository said at its base commit: not the checkout, and not what an agent wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.errors import SettingsProblem, UsageProblem
from runner.git.hooks import make_hooks_ready
from runner.git.known_base import known_base
from runner.settings.at_base import base_warnings, ignored_for_want_of_trust
from runner.wiring.base_files import CommitFiles
from runner.wiring.confining import with_hooks_confined
from runner.wiring.runs import build_checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.git.model import Base
    from runner.git.program import Git
    from runner.runs.policy import Policy
    from runner.runs.run import Tools
    from runner.wiring.app import App

SHORT = 10
"""Letters of a commit id that people are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBase:
    """The app with the settings and prompts of a base commit."""

    app: App
    ignored: tuple[str, ...]
    """Keys and prompts there that are not followed, for want of trust."""
    warnings: tuple[str, ...]
    """What a developer would not expect, one line each."""


def follow_base(
    app: App, tools: Tools, base: Base, policy_of: Callable[[App], Policy]
) -> tuple[Tools, Policy]:
    """The tools and the policy of a run that starts at `base`, a commit of the private clone.

    Call it as soon as the base is known, and again with the same base when a run is gone on with. The branch to start
    from is the checkout's own choice; everything else follows from the commit, as far as it is trusted.

    Raises:
        SettingsProblem: what the commit says is wrong.
        GitFailed: it cannot be read.
        ProgramMissing, OutsideTrouble: checks or hooks may not have the network, and cannot be kept from it here.
    """
    there = app_at(app, tools.clone.ground.git, base.commit_id, name=base.branch)
    policy = replace(
        policy_of(there.app),
        base=app.settings.pull_request.base,
        ignored=there.ignored,
        warnings=there.warnings,
    )
    checks = build_checks(there.app, tools.setup_environment)
    clone = with_hooks_confined(tools.clone, there.app, tools.setup_environment)
    make_hooks_ready(clone.ground.carried.hooks, clone.ground.confine_hooks)
    return replace(tools, prompts=there.app.prompts, checks=checks, clone=clone), policy


def app_at(app: App, git: Git, commit_id: str, *, name: str) -> AtBase:
    """The app as the repository wants it in a commit; `git` is any repository that has it, `name` what it is called.

    Raises:
        SettingsProblem: what the commit says is wrong; the message names the commit.
        GitFailed: it cannot be read.
    """
    rev = commit_id[:SHORT]
    place = f"{name} at {rev}"
    top = app.source.top if app.source else app.light_repository.top
    there = app.reading(CommitFiles(git=git, commit_id=commit_id, top=top, place=place))
    try:
        configuration = there.configuration
    except SettingsProblem as problem:
        lines = (f"{place}: {line}" for line in str(problem).split("\n"))
        raise SettingsProblem("\n".join(lines), hint=problem.hint) from problem
    ignored = ignored_for_want_of_trust(configuration)
    fetched = not ignored or app.light_repository.resolve(commit_id) is not None
    warnings = base_warnings(configuration, app.configuration, place=place, rev=rev, fetched=fetched)
    return AtBase(app=there, ignored=ignored, warnings=tuple(warnings))


def app_at_known_base(app: App) -> AtBase:
    """The app at the base commit as the checkout knows it, without asking a remote: for looking ahead.

    Raises:
        UsageProblem: there is no such commit.
        SettingsProblem, GitFailed: as `app_at`.
    """
    checkout = app.light_repository
    base = known_base(checkout, app.settings.pull_request.base)
    return app_at(app, checkout.git, base.commit_id, name=base.branch)


def app_at_rev(app: App, rev: str) -> App:
    """The app at a commit that a person names.

    Raises:
        NotARepository: we stand in none.
        UsageProblem: there is no such commit in the checkout.
        SettingsProblem: what the commit says is wrong.
    """
    checkout = app.light_repository
    commit_id = checkout.resolve(rev)
    if commit_id is None:
        raise UsageProblem(
            f"there is no commit {rev!r} here", hint="if it is a remote's, run `git fetch` first"
        )
    return app_at(app, checkout.git, commit_id, name=rev).app
