"""The files of a repository that can tell us something: `.runner.toml` and its own prompts, as bytes.

They may come from the work tree or from a commit; trust is about these bytes, never about what lies on disk later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from runner.errors import SettingsProblem
from runner.settings.files import SIZE_LIMIT_BYTES, read_file

SETTINGS_NAME = ".runner.toml"
MOST_PROMPTS = 100


class ProjectSource(Protocol):
    """Where a repository's files are read from; names are relative to its top, with forward slashes."""

    @property
    def top(self) -> Path:
        """The top of the developer's checkout; trust is given to this path."""
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


class Snapshot(NamedTuple):
    """The files as they are in a commit: `blobs` maps the name of each regular file to a way to read it."""

    top: Path
    blobs: Mapping[str, Callable[[], bytes]]

    def under(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.blobs if name.startswith(folder.rstrip("/") + "/")))

    def read(self, name: str) -> bytes | None:
        if name not in self.blobs:
            return None
        data = self.blobs[name]()
        if len(data) > SIZE_LIMIT_BYTES:
            raise SettingsProblem(f"{name}: is larger than {SIZE_LIMIT_BYTES // 1024} KB")
        return data


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
        start = self.folder.rstrip("/") + "/"
        return {
            name.removeprefix(start): data for name, data in self.contents.items() if name.startswith(start)
        }


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
