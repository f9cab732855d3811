"""The change of a run as its folder has it: patches, and in the worst case the files themselves."""

from __future__ import annotations

import shlex
from pathlib import Path

START_PATCH = "start.patch"
"""What a run found done when it picked up an earlier one."""
REST_PATCH = "changes-left.patch"
"""What was changed after the last answer of Claude that was kept."""
FILES = "files"
"""The whole work tree, where git could not read it."""


def patch_files(folder: Path) -> tuple[Path, ...]:
    """All changes of a run, in the order in which they apply to its base."""
    changes = sorted(folder.glob("changes*.patch"), key=lambda path: (len(path.name), path.name))
    start = folder / START_PATCH
    return (*([start] if start.exists() else []), *changes)


def way_to_change(folder: Path) -> str:
    """How a person gets at the change of a run that was not delivered; empty when it left none."""
    files = folder / FILES
    if files.is_dir():
        return f"the files are in {files}"
    patches = patch_files(folder)
    return f"`{shlex.join(['git', 'apply', *map(str, patches)])}`" if patches else ""
