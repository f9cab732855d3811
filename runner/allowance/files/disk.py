"""Bytes on disk: files written whole, folders flushed, and what a failure is called."""

from __future__ import annotations

import errno
import fcntl
import os
import sys

from runner.errors import StoreFailed

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)


def make_private_folder(folder: str) -> None:
    """Make the folder (and those above it) if it is missing; others may not look into it."""
    try:
        mode = os.stat(folder).st_mode
    except FileNotFoundError:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        flush_folder(os.path.dirname(os.path.abspath(folder)))
        mode = os.stat(folder).st_mode
    if mode & 0o077:
        os.chmod(folder, 0o700)


def read_whole(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def write_new(path: str, data: bytes, *, durable: bool = True) -> None:
    """Write a file that nobody reads yet and flush it; whatever was there is lost. Mode 0600."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            # Only a full disk writes less than asked; the next call then says so.
            rest = rest[os.write(fd, rest) :]
        if durable:
            flush(fd)
    finally:
        os.close(fd)


def replace_copy(path: str, data: bytes) -> None:
    """Put a new file in the place of `path`, also by several processes at once; after a crash it may be lost."""
    scratch = f"{path}.{os.getpid()}"
    write_new(scratch, data, durable=False)
    os.rename(scratch, path)


def flush(fd: int) -> None:
    """Make what was written durable, through the disk's own cache too."""
    if sys.platform == "darwin":  # pragma: no cover
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


def flush_folder(folder: str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def store_failed(folder: str, error: OSError) -> StoreFailed:
    """What a failed call to the system means for a person."""
    what = f"the allowance in {folder} cannot be used: {os.strerror(error.errno or errno.EIO)}"
    if error.errno in _NO_ROOM:
        return StoreFailed(what, hint="nothing was granted; free some space and try again")
    if error.errno in _NO_RIGHT:
        return StoreFailed(
            what, hint="make the folder writable for you, or set RUNNER_STATE_DIR to one that is"
        )
    return StoreFailed(what, hint="nothing was granted; check the disk, then try again")
