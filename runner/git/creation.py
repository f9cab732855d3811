"""Making the private bare clone of a developer's repository."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from runner.errors import GitFailed
from runner.git.carried import list_entries
from runner.git.config import Entry, last_value
from runner.git.ground import NO_HOOKS
from runner.git.own_files import copy_file, own_objects
from runner.git.program import Git
from runner.git.repository import Repository
from runner.paths import private_folder
from runner.process.stop import Stop

COPY_S = 1800.0
"""All objects are copied; a disk that can share blocks is asked to."""

LARGE_FILES_LIMIT_BYTES = 2 * 1024**3
"""How much of what git-lfs keeps is copied; the rest it fetches when it is needed."""

_LOCAL = (("core.hooksPath", NO_HOOKS), ("gc.auto", "0"), ("protocol.file.allow", "always"))


def clone_name(common_dir: Path, *, sparse: bool = False) -> str:
    """The name of the clone's folder: readable, and different for each repository.

    A sparse checkout gets a clone of its own: the two kinds need settings that exclude each other.
    """
    whole = common_dir.parent.name if common_dir.name == ".git" else common_dir.stem
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", whole).strip("-")[:40] or "repository"
    identity = f"{common_dir}{'?sparse' if sparse else ''}"
    return f"{readable}-{hashlib.sha256(identity.encode(errors='surrogateescape')).hexdigest()[:8]}.git"


def make_clone(
    checkout: Repository, developer: tuple[Entry, ...], path: Path, stop: Stop | None
) -> tuple[Entry, ...]:
    """Make the clone at `path` unless a usable one is there; returns git's settings in it. The caller holds the lock.

    Raises:
        GitFailed: git could not; nothing is left at `path` then.
    """
    entries = _entries(checkout, path)
    if entries and _object_format(entries) == _object_format(developer):
        own_objects(path)
        path.chmod(0o700)
        return entries
    private_folder(path.parent)
    new = path.with_name(f".{path.name}.new")
    for leftover in (new, path):
        shutil.rmtree(leftover, ignore_errors=True)
    _copy(checkout, new, stop)
    own_objects(new)
    new.chmod(0o700)
    new.rename(path)
    return list_entries(_git(checkout, path))


def _copy(checkout: Repository, new: Path, stop: Stop | None) -> None:
    git = Git(folder=new.parent, source=checkout.source).with_settings(_LOCAL)
    # No --local: said aloud, it makes a disk that cannot link an error. No refs of the developer's: theirs would
    # stand in the way of ours. No template: it may hold hooks.
    command = (
        "clone",
        "--bare",
        "--quiet",
        "--template=",
        "--single-branch",
        "--no-tags",
        "--no-reject-shallow",
    )
    source = (f"{checkout.common_dir}", f"{new}")
    done = git.ask(*command, "--", *source, timeout_s=COPY_S, stop=stop)
    if done.exit_code != 0:
        # An object folder with symbolic links, for one, is not copied as files.
        shutil.rmtree(new, ignore_errors=True)
        doing = f"cannot make a private clone of {checkout.top}"
        git.run(*command, "--no-local", "--", *source, timeout_s=COPY_S, stop=stop, doing=doing)
    git = _git(checkout, new)
    listed = git.run("for-each-ref", "--format=delete %(refname)")
    git.run("update-ref", "--stdin", input_bytes=listed)


def copy_large_files(common_dir: Path, clone: Path) -> None:
    """Copy the files that git-lfs keeps for the checkout, so that a work tree need not download them again.

    Not linked: whoever may write to the clone could then change the developer's.
    """
    source, target = common_dir / "lfs" / "objects", clone / "lfs" / "objects"
    left = LARGE_FILES_LIMIT_BYTES
    for folder, _, names in os.walk(source):
        for name in names:
            there = Path(folder) / name
            here = target / there.relative_to(source)
            try:
                left -= there.stat().st_size
                if left < 0:
                    return
                if here.exists() and here.stat().st_nlink == 1:
                    continue
                here.parent.mkdir(parents=True, exist_ok=True)
                copy_file(there, here)
            except OSError:
                return  # git-lfs fetches what it needs


def _entries(checkout: Repository, path: Path) -> tuple[Entry, ...]:
    """git's settings in the clone; () when there is none that git can read."""
    if not (path / "HEAD").is_file() or not (path / "objects").is_dir():
        return ()
    try:
        return list_entries(_git(checkout, path))
    except GitFailed:
        return ()


def _object_format(entries: tuple[Entry, ...]) -> str:
    # A checkout may have been made anew in the other format at the same place.
    return last_value(entries, "extensions.objectformat") or "sha1"


def _git(checkout: Repository, path: Path) -> Git:
    return Git(folder=path, source=checkout.source, variables=(("GIT_DIR", str(path)),))
