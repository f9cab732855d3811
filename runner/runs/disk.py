"""Sizes and removals in our own folders: links are never followed, and a removal that is broken off goes on later."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.errors import StoreFailed
from runner.visible import visible

REMOVING = ".removing-"
"""What a folder's name begins with while it is removed: nobody finds it by its old name any more."""

_BLOCK = 512


def size_bytes(path: Path) -> int:
    """What removing `path` gives back: disk blocks of files without another name. 0 if it is gone."""
    try:
        facts = path.lstat()
    except OSError:
        return 0
    if not stat.S_ISDIR(facts.st_mode):
        return _freed_by(facts)
    return _freed_by(facts) + sum(_sizes_below(str(path)))


def _sizes_below(folder: str) -> Iterator[int]:
    waiting = [folder]
    while waiting:
        # Somebody may be removing it at this moment.
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    yield _freed_by(facts)
                    if stat.S_ISDIR(facts.st_mode):
                        waiting.append(entry.path)


def _freed_by(facts: os.stat_result) -> int:
    shared = facts.st_nlink > 1 and not stat.S_ISDIR(facts.st_mode)
    return 0 if shared else facts.st_blocks * _BLOCK


def age_s(path: Path, now_s: float) -> float:
    """Seconds since the last change of the file or folder itself; 0 if it is gone or from the future."""
    try:
        return max(0.0, now_s - path.lstat().st_mtime)
    except OSError:
        return 0.0


def is_own_folder(path: Path) -> bool:
    """Whether a real folder is there: whoever put a link in its place wants it left alone."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def children(folder: Path) -> tuple[Path, ...]:
    """What lies in one of our folders, by name; () when it is missing, or a link to somewhere else.

    Raises:
        StoreFailed: it cannot be read.
    """
    if not is_own_folder(folder):
        return ()
    try:
        return tuple(sorted(folder.iterdir()))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreFailed(
            f"{visible(str(folder))} cannot be read: {error.strerror}", hint="check its owner and mode"
        ) from error


def remove(path: Path) -> bool:
    """Remove a file or a folder with all in it. False: somebody else did.

    A folder gets another name first, so that nobody begins to use it while it goes, and what a kill leaves of it can be
    told. Nothing has to be written for that on a full disk.

    Raises:
        StoreFailed: it is still there.
    """
    try:
        if is_own_folder(path):
            _remove_folder(set_aside(path))
        else:
            path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreFailed(
            f"{visible(str(path))} cannot be removed: {error.strerror or error}",
            hint="check its owner and mode, and that the disk is not read-only",
        ) from error
    return True


def set_aside(path: Path) -> Path:
    """Rename a folder to what `leftovers` finds; returns where it is now. Raises: OSError."""
    if path.name.startswith(REMOVING):
        return path
    aside = path.with_name(f"{REMOVING}{path.name}")
    if os.path.lexists(aside):  # an earlier removal of the same name was killed
        _remove_folder(aside)
    return path.rename(aside)


def leftovers(folder: Path) -> tuple[Path, ...]:
    """Removals in this folder that a kill has interrupted."""
    return tuple(path for path in children(folder) if path.name.startswith(REMOVING) and is_own_folder(path))


def _remove_folder(path: Path) -> None:
    """Two processes may do this to the same folder: what is gone already is no error."""
    shutil.rmtree(path, ignore_errors=True)
    if not path.exists():
        return
    for folder, _, _ in os.walk(path):
        with suppress(OSError):  # package caches take the right to write from their own folders
            Path(folder).chmod(0o700)
    shutil.rmtree(path)


_RUN_ID = re.compile(r"r-\d{8}-\d{6}-[0-9a-f]{6}")


def is_run_id(name: str) -> bool:
    """Whether a folder with this name is a run of ours."""
    return _RUN_ID.fullmatch(name) is not None
