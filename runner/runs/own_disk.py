"""Trouble with our own disk - full, read-only, broken - told apart from all other: making room mends it."""

from __future__ import annotations

import errno
import re

from runner.errors import GitFailed, RunnerError, StoreFailed
from runner.git.push_faults import PushFailed, PushFault

NUMBERS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENXIO, errno.ESTALE}
)
HINT = "check the free space and the permissions"

_WORDS = re.compile(
    r"no space left on device|out of disk ?space|disk quota exceeded|read-only file system|input/output error"
    r"|file too large|unable to write (new |loose )?(index|object)",
    re.IGNORECASE,
)


def disk_trouble(error: BaseException) -> StoreFailed | None:
    """The same failure as one of our store, if that is what it is; None for any other."""
    if isinstance(error, StoreFailed):
        return error
    if isinstance(error, OSError) and error.errno in NUMBERS:
        where = f"{error.filename}: " if error.filename else ""
        return StoreFailed(f"{where}{error.strerror}", hint=HINT)
    # What a server says of its own disk is another matter.
    ours = not isinstance(error, PushFailed) or error.fault is PushFault.LOCAL
    if isinstance(error, GitFailed) and ours and _WORDS.search(str(error)):
        return StoreFailed(str(error), hint=error.hint or HINT)
    return None


def left_unfinished(run_id: str, error: RunnerError) -> RunnerError:
    """The same error, with how the run is gone on with: nothing of it was given up."""
    way = f"`runner resume {run_id}`, or the next `runner claim`, goes on where it stopped"
    error.hint = f"{error.hint}; then {way}" if error.hint else way
    return error
