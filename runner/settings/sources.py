"""Everything settings are read from, gathered once; what cannot be read is a problem, not an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from runner.errors import SettingsProblem
from runner.settings.dotenv import DotEnv, parse
from runner.settings.files import read_file
from runner.settings.problems import Problem, from_error
from runner.settings.project_files import SETTINGS_NAME, ProjectSource
from runner.settings.seed import SeedFile, read_seed
from runner.settings.toml_file import TomlFile, parse_toml

T = TypeVar("T")


class Sources(NamedTuple):
    """The files and the environment, parsed but not checked. None is a file that is not there or not readable."""

    environment: Mapping[str, str]
    config: TomlFile | None
    seed: SeedFile | None
    project: TomlFile | None
    """The repository's `.runner.toml`."""
    dotenv: DotEnv
    dotenv_path: Path
    problems: tuple[Problem, ...]
    names: tuple[str, ...] = ()
    """The files that are there, for people."""


def read_sources(
    config_file: Path, environment: Mapping[str, str], project: ProjectSource | None, folder: Path
) -> Sources:
    """Read the user's file, the seed's, the repository's, and the `.env` in `folder`."""
    problems: list[Problem] = []
    dotenv_path = folder / ".env"
    config = _try(problems, lambda: _toml(str(config_file), read_file(config_file)))
    seed = _try(problems, lambda: read_seed(environment))
    own = _try(problems, lambda: _toml(SETTINGS_NAME, project.read(SETTINGS_NAME))) if project else None
    dotenv = _try(problems, lambda: read_file(dotenv_path))
    there = (config and config.name, seed and str(seed.path), own and own.name, dotenv and str(dotenv_path))
    return Sources(
        environment=environment,
        config=config,
        seed=seed,
        project=own,
        dotenv=_dotenv(dotenv or b""),
        dotenv_path=dotenv_path,
        problems=tuple(problems),
        names=tuple(name for name in there if name),
    )


def _dotenv(data: bytes) -> DotEnv:
    text = data.decode("utf-8", "replace")
    return parse(text)._replace(is_text=text.encode() == data)


def _toml(name: str, data: bytes | None) -> TomlFile | None:
    return None if data is None else parse_toml(name, data)


def _try(problems: list[Problem], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except SettingsProblem as error:
        problems.append(from_error(error))
        return None
