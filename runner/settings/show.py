"""What `runner config show` and `runner config validate` tell, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.credentials import Credentials, load_credentials
from runner.settings.env_file import Tracked
from runner.settings.grants import trust_file
from runner.settings.key import Value
from runner.settings.keys import KEYS
from runner.settings.load import Configuration, check
from runner.settings.merge import lay
from runner.settings.notices import misspelt, work_tree_warnings
from runner.settings.problems import Problem, from_error
from runner.settings.project_files import ProjectSource
from runner.settings.trust import list_trusted
from runner.settings.urls import api_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting as it holds now."""

    key: str
    value: Value
    origin: str
    doc: str


def show(configuration: Configuration, credentials: Credentials | None = None) -> tuple[Row, ...]:
    """Every setting in the table's order; with `credentials` also whether there is a token, never the token."""
    rows = [
        Row(key=name, value=configuration.found[name].value, origin=configuration.origin(name), doc=key.doc)
        for name, key in KEYS.items()
    ]
    url = configuration.settings.base_url
    if credentials is not None and url is not None:
        token = credentials.by_origin.get(api_origin(url))
        rows.append(
            Row(
                key="token",
                value="set" if token else None,
                origin=token.origin if token else "default",
                doc=f"The token for {api_origin(url)}; it is never shown.",
            )
        )
    return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a look at every settings file found."""

    problems: tuple[str, ...]
    """One line each."""
    warnings: tuple[str, ...]
    files: tuple[str, ...]
    """The files that are there."""
    keys: int
    """Keys looked at in all layers."""

    @property
    def sound(self) -> bool:
        return not self.problems


def validate(
    paths: Paths,
    *,
    environment: Mapping[str, str],
    project: ProjectSource | None = None,
    profile: str | None = None,
    folder: Path | None = None,
    tracked: Tracked | None = None,
) -> Report:
    """Check every layer and every profile, the credentials and the trust file; raises nothing about them."""
    checked = check(
        paths, environment=environment, project=project, profile=profile, folder=folder, tracked=tracked
    )
    url = lay(checked.below, checked.above)["base_url"].value
    problems = [
        *checked.problems,
        *_private_problems(paths, environment, url if isinstance(url, str) else None),
    ]
    private = (paths.credentials_file, trust_file(paths))
    return Report(
        problems=tuple(dict.fromkeys(str(problem) for problem in problems)),
        warnings=(
            *work_tree_warnings(checked.sources),
            *checked.env_file.warnings,
            *misspelt(environment),
        ),
        files=(*checked.sources.names, *(str(path) for path in private if path.exists())),
        keys=checked.seen,
    )


def _private_problems(paths: Paths, environment: Mapping[str, str], url: str | None) -> list[Problem]:
    problems = []
    for read in (
        # Once without the environment: a bad seed file must not hide what is wrong in our own.
        lambda: load_credentials(paths, environment={}, base_url=None),
        lambda: load_credentials(paths, environment=environment, base_url=url),
        lambda: list_trusted(paths),
    ):
        try:
            read()
        except SettingsProblem as error:
            problems.append(from_error(error))
    return problems
