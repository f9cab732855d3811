"""Every layer checked and laid over the others: the settings of this call, and where each came from.

Built-in < the seed's agentic.yaml < config.toml < its profile < .runner.toml < .env < environment < flags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.env_file import EnvFile, Tracked, follow_env_file
from runner.settings.layers import (
    NO_LAYER,
    Flag,
    Layer,
    Setting,
    environment_layer,
    flags_layer,
    project_layer,
    text_layer,
    user_layers,
)
from runner.settings.merge import Merged, defaults, lay, lay_untrusted
from runner.settings.model import Settings, build
from runner.settings.notices import ignored, work_tree_warnings
from runner.settings.problems import Problem, from_error, raise_all
from runner.settings.project_files import ProjectFiles, ProjectSource, gather
from runner.settings.sources import Sources, read_sources
from runner.settings.trust import Standing, Verdict, verdict
from runner.settings.urls import without_slash

PROFILE_VARIABLE = "RUNNER_PROFILE"


class Configuration(NamedTuple):
    """The settings that hold now, and all there is to tell about them."""

    settings: Settings
    found: Mapping[str, Setting]
    """Every key with its value and origin."""
    verdict: Verdict
    """How far the repository's own files are followed."""
    project: ProjectFiles | None = None
    """What the repository says, trusted or not; None outside a repository."""
    profile: str | None = None
    env_words: Mapping[str, bytes] = {}
    """Our lines of a `.env` that git tracks, followed or not: what the user is asked to trust besides."""
    left_out: tuple[str, ...] = ()
    """Keys that the repository sets and that do not hold, for want of trust."""
    own_warnings: tuple[str, ...] = ()
    """About the user's own files and the work tree; one line each."""
    trust_warnings: tuple[str, ...] = ()
    """About what is not followed for want of trust; one line each."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line each; nothing is wrong with what holds."""
        return (*self.own_warnings, *self.trust_warnings)

    def origin(self, key: str) -> str:
        """Where a value came from: `default`, a file and its line, a variable, a flag."""
        return str(self.found[key].origin)

    @property
    def prompts(self) -> dict[str, bytes]:
        """The repository's own prompts by name, when they are trusted."""
        return self.project.prompts if self.project and self.verdict.trusted else {}


class Checked(NamedTuple):
    """Every layer, with what is wrong in any of them."""

    sources: Sources
    below: Merged
    """Built-in up to the profile: all that the user's files say."""
    project: Layer
    above: tuple[Layer, ...]
    """What beats the project: `.env`, environment, flags."""
    profile: str | None
    env_file: EnvFile
    problems: tuple[Problem, ...]
    seen: int = 0


def load(
    paths: Paths,
    *,
    environment: Mapping[str, str],
    project: ProjectSource | None = None,
    flags: Mapping[str, Flag] | None = None,
    profile: str | None = None,
    folder: Path | None = None,
    tracked: Tracked | None = None,
) -> Configuration:
    """Read, check and merge every layer.

    `project` is the repository (its work tree or a commit); None outside of one. `flags` are by key. `folder` is
    where the seed's `.env` is looked for: None is the top of the project, or the current folder. `tracked` tells
    whether git has that file; None counts as yes.

    Raises:
        SettingsProblem: with one line for each bad key, value or file.
    """
    checked = check(
        paths,
        environment=environment,
        project=project,
        flags=flags,
        profile=profile,
        folder=folder,
        tracked=tracked,
    )
    raise_all(checked.problems)
    files = gather(project, _prompts_folder(checked)) if project else None
    standing = verdict(paths, files.top, files.contents) if files else Verdict(standing=Standing.NOTHING)
    merged, left_out = _with_project(checked, trusted=standing.trusted)
    values = {name: setting.value for name, setting in merged.items()}
    url = values["base_url"]
    values["base_url"] = without_slash(url) if isinstance(url, str) else None
    return Configuration(
        settings=build(values),
        found=merged,
        verdict=standing,
        project=files,
        profile=checked.profile,
        env_words=checked.env_file.words,
        left_out=left_out,
        own_warnings=(*work_tree_warnings(checked.sources), *checked.env_file.warnings),
        trust_warnings=tuple(ignored(checked.project, left_out, files, standing)),
    )


def check(
    paths: Paths,
    *,
    environment: Mapping[str, str],
    project: ProjectSource | None = None,
    flags: Mapping[str, Flag] | None = None,
    profile: str | None = None,
    folder: Path | None = None,
    tracked: Tracked | None = None,
) -> Checked:
    """Read and check every layer, also profiles that are not chosen; raises nothing about their content."""
    place = folder or (project.top if project else Path.cwd())
    sources = read_sources(paths.config_file, environment, project, place)
    chosen = profile or environment.get(PROFILE_VARIABLE) or None
    user, problems = _user_layers(sources, chosen, paths.config_file)
    own = project_layer(sources.project) if sources.project else NO_LAYER
    env_file, trouble = _env_file(paths, sources, project, tracked)
    above = (env_file.layer, environment_layer(environment), flags_layer(flags or {}))
    in_order = [*sources.problems, *_problems(user), *problems, *trouble, *_problems([own, *above])]
    return Checked(
        sources=sources,
        below=lay(defaults(), user),
        project=own,
        above=above,
        profile=chosen,
        env_file=env_file,
        problems=tuple(in_order),
        seen=sum(layer.seen for layer in (*user, own, *above)),
    )


def _user_layers(sources: Sources, chosen: str | None, path: Path) -> tuple[list[Layer], list[Problem]]:
    """The layers of the user's files in order; and the problems of profiles that are not chosen, or not there."""
    seed, config = sources.seed, sources.config
    layers = [text_layer(str(seed.path), seed.values)] if seed else []
    outside, profiles = user_layers(config) if config else (NO_LAYER, {})
    layers.append(outside)
    if chosen is None:
        return layers, _problems(profiles.values())
    if chosen not in profiles:
        return layers, [_unknown_profile(chosen, tuple(profiles), path), *_problems(profiles.values())]
    layers.append(profiles.pop(chosen))
    return layers, _problems(profiles.values())


def _env_file(
    paths: Paths, sources: Sources, project: ProjectSource | None, tracked: Tracked | None
) -> tuple[EnvFile, list[Problem]]:
    top = project.top if project else None
    try:
        return follow_env_file(paths, sources.dotenv_path, sources.dotenv, top=top, tracked=tracked), []
    except SettingsProblem as error:
        return EnvFile(layer=NO_LAYER, words={}), [from_error(error)]


def _problems(layers: Iterable[Layer]) -> list[Problem]:
    return [problem for layer in layers for problem in layer.problems]


def _unknown_profile(name: str, names: tuple[str, ...], path: Path) -> Problem:
    there = f"there are: {', '.join(names)}" if names else "there are none"
    return Problem(
        where=str(path), text=f"no profile {name!r}; {there}", hint=f"write a table [profile.{name}]"
    )


def _prompts_folder(checked: Checked) -> str:
    """Where the repository's prompts would be if it were trusted: what must be looked at to trust it."""
    merged, _ = _with_project(checked, trusted=True)
    return str(merged["prompts.folder"].value)


def _with_project(checked: Checked, *, trusted: bool) -> tuple[Merged, tuple[str, ...]]:
    if trusted:
        return lay(checked.below, [checked.project, *checked.above]), ()
    merged, left_out = lay_untrusted(checked.below, checked.project)
    return lay(merged, checked.above), left_out
