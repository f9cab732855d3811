"""What a repository says, given by a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A place of settings that is nowhere on disk."""

    top: Path
    files: dict[str, bytes]

    @property
    def shown(self) -> Path:
        return Path("given")

    def under(self, folder: str) -> tuple[str, ...]:
        start = PurePosixPath(folder).as_posix() + "/"
        return tuple(sorted(name for name in self.files if name.startswith(start)))

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)
