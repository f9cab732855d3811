"""The files of a repository that can tell us something: `.runner.toml` and its own prompts, as bytes.

They may come from the work tree or from a commit; trust is about these bytes, never about what lies on disk later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from runner.errors import SettingsProblem
from runner.settings.files import read_file

SETTINGS_NAME = ".runner.toml"
MOST_PROMPTS = 100


class ProjectSource(Protocol):
    """Where a repository's files are read from; names are relative to its top, with forward slashes."""

    @property
    def top(self) -> Path:
        """The top of the developer's checkout; trust is given to its repository."""
        ...

    @property
    def shown(self) -> Path:
        """Where the files are, as a message names them."""
        ...

    def under(self, folder: str) -> tuple[str, ...]:
        """The regular files in the folder and below, sorted."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content; None if there is no such regular file.

        Raises:
            SettingsProblem: it cannot be read or is too big.
        """
        ...


class WorkTree(NamedTuple):
    """The files as they lie in a checkout. Symbolic links are not followed."""

    top: Path

    @property
    def shown(self) -> Path:
        return self.top

    def under(self, folder: str) -> tuple[str, ...]:
        start = self.top / folder
        if not self._is_inside(start):
            return ()
        found = [Path(where, name) for where, _, names in os.walk(start) for name in names]
        regular = [path for path in found if path.is_file() and not path.is_symlink()]
        return tuple(sorted(path.relative_to(self.top).as_posix() for path in regular))

    def read(self, name: str) -> bytes | None:
        path = self.top / name
        return read_file(path, follow=False) if self._is_inside(path.parent) else None

    def _is_inside(self, path: Path) -> bool:
        # A link in the middle of a path leads out of the repository as well as one at its end.
        return path.resolve().is_relative_to(self.top.resolve())


class ProjectFiles(NamedTuple):
    """What a repository says, gathered once."""

    top: Path
    folder: str
    """Where its prompts are."""
    contents: Mapping[str, bytes]
    """`.runner.toml` if there is one, and every file in the prompts folder."""

    @property
    def prompts(self) -> dict[str, bytes]:
        """The prompts alone, named relative to their folder."""
        start = self._start
        return {
            name.removeprefix(start): data for name, data in self.contents.items() if name.startswith(start)
        }

    @property
    def prompt_files(self) -> tuple[str, ...]:
        """The prompts' own names in the repository, sorted."""
        return tuple(sorted(name for name in self.contents if name.startswith(self._start)))

    @property
    def _start(self) -> str:
        return PurePosixPath(self.folder).as_posix() + "/"


def gather(source: ProjectSource, folder: str) -> ProjectFiles:
    """Read everything that trust is about.

    Raises:
        SettingsProblem: a file cannot be read, is too big, or there are too many prompts.
    """
    names = source.under(folder)
    if len(names) > MOST_PROMPTS:
        raise SettingsProblem(
            f"{folder}: has {len(names)} files; a prompts folder has at most {MOST_PROMPTS}",
            hint="name the right folder as prompts.folder",
        )
    found = {name: source.read(name) for name in (SETTINGS_NAME, *names)}
    contents = {name: data for name, data in found.items() if data is not None}
    return ProjectFiles(top=source.top, folder=folder, contents=contents)
