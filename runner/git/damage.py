"""A private clone that lost or mixed up its objects: noticed when git stumbles, set aside and made anew."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from runner.errors import ChildTimedOut, GitFailed
from runner.git.base import FETCH, FROM_DISK
from runner.git.program import Git
from runner.git.repository import Repository
from runner.process.stop import Stop

LOOK_S = 600.0
MARK = "runner-suspect"

# git's words depend on the byte that is wrong, and the end of a long line is cut off.
_WORDS = re.compile(
    r"\binflate:|data stream error|unable to (unpack|parse) \w+|loose object \w+ \(stored in|garbage at end of loose"
    r"|header for \w+ too long|object file \S+ is empty|bad object|hash mismatch|object corrupt|is corrupt"
    r"|missing (blob|tree|commit)|unable to read (tree|sha1 file|object)|not a valid object|invalid sha1 pointer"
    r"|packfile .* (cannot|missing)|could not read [0-9a-f]{40}|failed to (read|traverse)|unable to find [0-9a-f]{40}"
    r"|(unexpected|unterminated) line in \S*packed-refs",
    re.IGNORECASE,
)

_log = logging.getLogger("runner.git")


def suspect(clone: Path, error: GitFailed) -> None:
    """If git stumbled over an object of the clone, have it looked through before it is used again."""
    if _WORDS.search(str(error)) is None and f"not a git repository: '{clone}'" not in str(error):
        return
    try:
        (clone / MARK).touch()
    except OSError as trouble:
        _log.warning("%s may be damaged, and cannot be marked: %s", clone, trouble)
        return
    error.hint = (
        "our private clone seems damaged; the next claim looks it through and makes a new one if need be"
    )


def set_aside_if_damaged(checkout: Repository, clone: Path, stop: Stop | None) -> bool:
    """Look through a clone that is suspect; a damaged one goes out of the way, whole. The caller holds the lock.

    Returns whether there is none any more.
    """
    mark = clone / MARK
    if not mark.exists():
        return False
    if _is_whole(checkout, clone, stop):
        mark.unlink()
        return False
    aside = _aside(clone)
    shutil.rmtree(aside, ignore_errors=True)
    clone.rename(aside)
    _log.warning("the private clone %s was damaged; what is left of it is in %s", clone, aside)
    return True


def bring_over_rescued(checkout: Repository, clone: Path) -> None:
    """Give a new clone the work of earlier runs that was kept in the one set aside, as far as it can still be read."""
    aside = _aside(clone)
    if not aside.is_dir():
        return
    git = _git(checkout, clone).with_settings(FROM_DISK)
    for name in (
        _git(checkout, aside).text("for-each-ref", "--format=%(refname)", "refs/runner/rescue").split()
    ):
        if git.ask("show-ref", "--verify", "--quiet", name).exit_code != 0:
            done = git.ask(*FETCH, "--", str(aside), f"{name}:{name}", timeout_s=LOOK_S)
            _log.info("%s: %s", name, "brought over" if done.exit_code == 0 else "cannot be read any more")


def _aside(clone: Path) -> Path:
    return clone.with_name(f".{clone.name}.damaged")


def _git(checkout: Repository, clone: Path) -> Git:
    return Git(folder=clone, source=checkout.source, variables=(("GIT_DIR", str(clone)),))


def _is_whole(checkout: Repository, clone: Path, stop: Stop | None) -> bool:
    try:
        return (
            _git(checkout, clone)
            .ask("fsck", "--no-dangling", "--no-progress", timeout_s=LOOK_S, stop=stop)
            .exit_code
            == 0
        )
    except ChildTimedOut:
        return False
