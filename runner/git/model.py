"""What git tells and is told, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One file of a commit. A path that is not UTF-8 carries its bytes as surrogates, as `os.fsdecode` makes them."""

    path: str
    blob_id: str
    size_bytes: int
    """-1 when the content is not on this machine (a partial clone)."""
    executable: bool = False
    link: bool = False
    """A symbolic link; its content is the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit as history shows it."""

    id: str
    message: str
    author_name: str
    author_email: str
    committed_at: datetime
    """Aware UTC."""

    @property
    def subject(self) -> str:
        """The first paragraph on one line, as git's log shows it."""
        return " ".join(self.message.lstrip("\n").split("\n\n", 1)[0].split("\n")).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where a branch starts from."""

    branch: str
    commit_id: str
    remote: str | None
    """None when the repository has no remote."""
    note: str = ""
    """One line for people when the base is not plainly the newest: no network, local commits left out."""
    trouble: str = ""
    """Why the remote could not be asked; empty when it answered, or there is none."""
    hint: str = ""
    """What to do about that trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a work tree holds now, compared with its base."""

    tree_id: str
    """Of all files that are not ignored; a commit leaves out of it what was there before the work began."""
    changes: tuple[str, ...]
    """Paths that a commit would change, sorted, deleted ones too; ignored files are no change."""
    left_out: tuple[str, ...] = ()
    """Repositories that somebody made inside of the work tree: they cannot be part of a commit."""
