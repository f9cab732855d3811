"""A repository's own settings and prompts as they are in a commit, read through git."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from runner.errors import SettingsProblem
from runner.git.program import NETWORK_S, Git, Reach
from runner.settings.files import SIZE_LIMIT_BYTES

_REGULAR = (b"100644", b"100755")
_PLAIN = ("--no-replace-objects", "--literal-pathspecs")
"""What the commit says, not what somebody who could write into the repository put in its place."""


@dataclass(frozen=True, kw_only=True)
class CommitFiles:
    """The regular files of one commit, a place of settings like a work tree."""

    git: Git
    """In any repository that has the commit."""
    commit_id: str
    top: Path
    """Of the developer's checkout."""
    place: str
    """What people call the commit."""
    _known: dict[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def shown(self) -> Path:
        return Path(self.place)

    def under(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(self._listed(folder.rstrip("/") + "/")))

    def read(self, name: str) -> bytes | None:
        """Read it; None if there is no such regular file.

        Raises:
            SettingsProblem: it is too big.
            GitFailed: the object cannot be had.
        """
        if name not in self._known:
            found = self._listed(name).get(name)
            if found is None:
                return None
            self._known[name] = self._content(name, *found)
        return self._known[name]

    def _content(self, name: str, blob_id: str, size_bytes: int) -> bytes:
        if size_bytes > SIZE_LIMIT_BYTES:
            raise SettingsProblem(f"{name}: is larger than {SIZE_LIMIT_BYTES // 1024} KB")
        # The content of a partial clone may have to come from the remote.
        return self.git.run(*_PLAIN, "cat-file", "blob", blob_id, reach=Reach.REMOTE, timeout_s=NETWORK_S)

    def _listed(self, path: str) -> dict[str, tuple[str, int]]:
        """Object id and size of each regular file at the path or below it."""
        command = ("ls-tree", "-r", "-l", "-z", "--full-tree", self.commit_id, "--", path)
        lines = self.git.run(*_PLAIN, *command, reach=Reach.REMOTE, timeout_s=NETWORK_S).split(b"\0")
        found = {}
        for line in filter(None, lines):
            facts, name = line.split(b"\t", 1)
            mode, _, blob_id, size = facts.split()
            if mode in _REGULAR:
                found[os.fsdecode(name)] = (blob_id.decode(), int(size))
        return found
