"""Trouble with our own disk - full, read-only, broken - told apart from all other: making room mends it."""

from __future__ import annotations

import errno
import re

from runner.errors import GitFailed, RunnerError, StoreFailed
from runner.git.push_faults import PushFailed, PushFault

DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE})
RIGHTS = frozenset({errno.EACCES, errno.EPERM})
"""In our own folders only: elsewhere they may be an agent's doing, and do not pass."""
HINT = "check the free space and the permissions"

_WORDS = re.compile(
    r"no space left on device|out of disk ?space|disk is full|disk quota exceeded|file too large"
    r"|read-only file system|readonly database|input/output error|unable to write (new |loose )?(index|object)",
    re.IGNORECASE,
)


def disk_trouble(error: BaseException) -> StoreFailed | None:
    """The same failure as one of our store, if that is what it is; None for any other."""
    if isinstance(error, StoreFailed):
        # One that cannot be understood is damaged, and no room in the world mends that.
        return error if _is_one(error.__cause__, DISK | RIGHTS) or _WORDS.search(str(error)) else None
    if isinstance(error, OSError) and _is_one(error, DISK):
        where = f"{error.filename}: " if error.filename else ""
        return StoreFailed(f"{where}{error.strerror}", hint=HINT)
    # What a server says of its own disk is another matter.
    ours = not isinstance(error, PushFailed) or error.fault is PushFault.LOCAL
    if isinstance(error, GitFailed) and ours and _WORDS.search(str(error)):
        return StoreFailed(str(error), hint=error.hint or HINT)
    return None


def _is_one(error: BaseException | None, numbers: frozenset[int]) -> bool:
    return isinstance(error, OSError) and error.errno in numbers


def left_unfinished(run_id: str, error: RunnerError) -> RunnerError:
    """The same error, with how the run is gone on with: nothing of it was given up."""
    way = f"`runner resume {run_id}`, or the next `runner claim`, goes on where it stopped"
    error.hint = f"{error.hint}; then {way}" if error.hint else way
    return error
