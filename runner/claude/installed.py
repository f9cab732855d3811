"""The installed `claude`: is it there, is it new enough, and is it still the one that was looked at?"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from runner.claude.version import INSTALL, version_of
from runner.errors import ClaudeNotStarted, ProgramMissing
from runner.process.program import find_program
from runner.process.stop import Stop

UPGRADE_LIMIT_S = 5.0
"""An upgrade takes the program away for a moment; so long we wait for it to come back."""

_LOOK_EVERY_S = 0.1

_Looks = tuple[str, int, int, int]


class Installed:
    """Asks the program for its version when it is first used, and again whenever its file has changed."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._looks: _Looks | None = None

    def check(self, environment: Mapping[str, str], stop: Stop) -> None:
        """Make sure that it can be started.

        Raises:
            ClaudeNotStarted: it is missing, tells no version, or one that is too old.
        """
        looks = self._look(environment, stop)
        if looks != self._looks:
            version_of(self._program, environment)
            self._looks = looks

    def missing(self, error: ProgramMissing) -> ClaudeNotStarted:
        """What to tell when it cannot be run: whether it was there before makes a difference."""
        if self._looks is None:
            return ClaudeNotStarted(f"the claude program cannot be run: {error}", hint=INSTALL)
        return ClaudeNotStarted(
            f"the claude program was removed or replaced while this run used it: {error}",
            hint="install it again; what was spent so far is booked, and the task is tried again",
        )

    def _look(self, environment: Mapping[str, str], stop: Stop) -> _Looks:
        """Which file it is; one that was there before may be on its way back."""
        give_up_at = time.monotonic() + UPGRADE_LIMIT_S
        while True:
            try:
                return _looks_of(find_program(self._program, environment))
            except ProgramMissing as error:
                late = time.monotonic() >= give_up_at
                if self._looks is None or late or stop.wait(_LOOK_EVERY_S):
                    raise self.missing(error) from error


def _looks_of(path: str) -> _Looks:
    try:
        told = os.stat(path)  # noqa: PTH116 - links followed
    except OSError as error:
        raise ProgramMissing(f"{path}: {error.strerror}") from error
    return path, told.st_ino, told.st_mtime_ns, told.st_size
