"""Whose a private clone is and when it was used last: one small file beside it, where no agent's git writes."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.git.creation import clone_name
from runner.git.ground import put
from runner.git.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """What is noted of a clone."""

    checkout: Path
    """The top of the checkout that used it last."""
    common_dir: Path
    """The repository it is a clone of."""
    used_at: float
    """Seconds since 1970."""

    @property
    def is_gone(self) -> bool:
        """Whether the repository is not where it was; it may have been moved, or its disk be away."""
        try:
            return not self.common_dir.exists()
        except OSError:
            return False  # it may be there, behind a folder that we may not look into


def note_use(clone: Path, checkout: Repository) -> None:
    """Write down that `checkout` uses the clone now; the caller holds the clone's lock.

    A note that cannot be written does no harm: the clone then looks older than it is, and can be made again.
    """
    path = belonging_file(clone)
    with suppress(OSError):
        put(path, os.fsencode(checkout.top) + b"\0" + os.fsencode(checkout.common_dir))
        os.utime(path)


def belonging_of(clone: Path) -> Belonging | None:
    """What is noted; None if nothing is, or it is not about this clone."""
    path = belonging_file(clone)
    try:
        top, common = path.read_bytes().split(b"\0")
        used_at = path.stat().st_mtime
    except (OSError, ValueError):
        return None
    common_dir = Path(os.fsdecode(common))
    if clone.name not in {clone_name(common_dir), clone_name(common_dir, sparse=True)}:
        return None
    return Belonging(checkout=Path(os.fsdecode(top)), common_dir=common_dir, used_at=used_at)


def belonging_file(clone: Path) -> Path:
    return clone.with_suffix(".from")
