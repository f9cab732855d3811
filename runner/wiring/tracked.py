"""Whether a file of a checkout came with the repository: asked of git before a `.env` is followed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.errors import RunnerError
from runner.git.program import Git

_QUIET = (("core.fsmonitor", "false"),)
"""A question starts no daemon."""


def is_tracked(path: Path, environ: Mapping[str, str]) -> bool:
    """Whether git's index has the file, in any spelling that a disk may take for the same; True in doubt."""
    git = Git(folder=path.parent, source=environ, settings=_QUIET)
    try:
        done = git.ask("ls-files", "-z", "--", f":(icase){path.name}")
    except RunnerError:
        return True  # no git, or one that hangs
    return done.exit_code != 0 or bool(done.stdout)
