"""Where a program is: found once, before anything is started, so that a missing one is a clear error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runner.errors import ProgramMissing


def find_program(name: str, env: Mapping[str, str], cwd: Path | None = None) -> str:
    """The absolute path of `name`: looked up in the `PATH` of `env`, or relative to `cwd` if it has a slash.

    Raises:
        ProgramMissing: there is no such file, or it is not executable.
    """
    if "/" in name:
        # Our own folder may be gone; it does not matter to who names the whole path.
        path = Path(name) if name.startswith("/") else (cwd or Path()).absolute() / name
        if _runs(path):
            return str(path)
        raise ProgramMissing(
            f"{path} is not a program that can be run", hint="check the path, and that the file is executable"
        )
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        # A relative entry would let the repository that we work in supply its own `git`.
        path = Path(folder) / name
        if path.is_absolute() and _runs(path):
            return str(path)
    raise ProgramMissing(f"{name} was not found", hint=f"install {name}, or put its folder on PATH")


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
