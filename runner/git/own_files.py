"""Files that a clone shares with the checkout by hard links, made its own.

A link is quick and costs no space, but whoever may write to the clone could then cut a pack of the developer's short:
`chmod +w` and one `truncate` made a repository unreadable. On disks that can (btrfs, XFS), a copy is as cheap.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.errors import GitFailed

_DONE = "runner-own-files"
"""Says in a clone that none of its objects is shared; without it all are looked at again."""


def own_objects(clone: Path) -> None:
    """Make every object file of the clone independent of all others; done once. Raises: GitFailed (no space)."""
    done = clone / _DONE
    if done.exists():
        return
    try:
        for path in _files(clone / "objects"):
            if path.lstat().st_nlink > 1:
                copy_file(path, path)
        done.touch(mode=0o600)
    except OSError as error:
        raise GitFailed(
            f"cannot copy the repository's objects to {clone}: {error.strerror}",
            hint="free some disk space: `runner clean`",
        ) from error


def copy_file(source: Path, target: Path) -> None:
    """Put a copy of `source` in the place of `target`, whole or not at all; they may be the same."""
    # git itself clears away files of that name, should we be killed here.
    new = target.with_name(f"tmp_obj_{secrets.token_hex(8)}")
    try:
        if not _cloned(source, new):
            shutil.copyfile(source, new)
        shutil.copystat(source, new)
        new.replace(target)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _cloned(source: Path, new: Path) -> bool:
    """Let the kernel copy, which shares the blocks where the disk can; False when it will not."""
    if sys.platform != "linux":
        return False
    with source.open("rb") as old, new.open("xb") as file:
        left = os.fstat(old.fileno()).st_size
        try:
            while left > 0 and (count := os.copy_file_range(old.fileno(), file.fileno(), left)) > 0:
                left -= count
        except OSError:
            return False  # another kind of disk; the plain way has the better words when space is short
    return left == 0


def _files(folder: Path) -> Iterator[Path]:
    for below, _, names in os.walk(folder):
        yield from (Path(below) / name for name in names)
