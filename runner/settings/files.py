"""Settings files on disk, read with care."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from runner.errors import SettingsProblem

SIZE_LIMIT_BYTES = 256 * 1024
"""Far above any settings file; a bigger one is a mistake or an attack on the reader's time."""


def read_file(path: Path, *, follow: bool = True, private: bool = False) -> bytes | None:
    """The whole content; None if there is no such file, or it is not a regular one.

    With `follow` False a symbolic link counts as not there: a repository must not point us elsewhere.
    With `private` True the file must belong to the user and be closed to everybody else.

    Raises:
        SettingsProblem: it cannot be read, is too big, or is open to others.
    """
    try:
        # Not blocking: a named pipe in the place of a file must not hang us.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            return None
        raise _unreadable(path, error) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if private:
            _require_private(path, status)
        return _read(path, descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data = file.read(SIZE_LIMIT_BYTES + 1)
    if len(data) > SIZE_LIMIT_BYTES:
        raise SettingsProblem(
            f"{path}: is larger than {SIZE_LIMIT_BYTES // 1024} KB; that is no settings file"
        )
    return data


def _unreadable(path: Path, error: OSError) -> SettingsProblem:
    return SettingsProblem(f"{path}: cannot be read: {error.strerror}", hint=f"look at `ls -ld '{path}'`")


def _require_private(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise SettingsProblem(
            f"{path}: belongs to another user; it is not read", hint="delete it or take it over"
        )
    if status.st_mode & 0o077:
        raise SettingsProblem(
            f"{path}: other users can read or change it (mode {stat.S_IMODE(status.st_mode):04o}); it is not read",
            hint=f"run: chmod 600 '{path}'",
        )
