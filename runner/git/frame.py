"""What makes a folder a repository for git, apart from objects: HEAD, refs, packed-refs. Damage to it is mended."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from runner.errors import GitFailed
from runner.git.ground import NO_HOOKS, put
from runner.git.program import Git
from runner.git.rescue import FOLDER

_HEAD = re.compile(rb"(ref:\s*refs/\S+|[0-9a-f]{40}|[0-9a-f]{64})\s*")
_LINE = rb"(?:[0-9a-f]{40}|[0-9a-f]{64}) refs/[^\s]+\n(?:\^(?:[0-9a-f]{40}|[0-9a-f]{64})\n)?"
_PACKED = re.compile(rb"(?:#[^\n]*\n)?(?:%b)*" % _LINE)
_LOOK_S = 600.0
_RUN = re.compile(r"\br-\d{8}-\d{6}-[0-9a-f]{6}\b")
_MARK = "runner-refs-lost"

_log = logging.getLogger("runner.git")


def is_bent(clone: Path) -> bool:
    """Whether git would not know the clone any more, or stumble over its list of refs. Nothing is changed."""
    if not (clone / "objects").is_dir() or (clone / "reftable").is_dir():
        return False
    if (clone / _MARK).exists():
        return True  # somebody was killed at it
    return not (_is_head(clone / "HEAD") and (clone / "refs").is_dir() and _is_list(clone / "packed-refs"))


def mend_frame(clone: Path, source: Mapping[str, str]) -> None:
    """Put the clone's frame right if it is bent; the caller holds the lock. `source` is the environment for git.

    What is taken out lies beside it, as `*.damaged-*`. Commits of earlier runs that no ref leads to any more are kept
    as rescued work again.

    Raises:
        GitFailed: it cannot be written, or read even then.
    """
    if not is_bent(clone):
        return
    _log.warning("the private clone %s was damaged; its HEAD and refs are put right", clone)
    try:
        _mend(clone)
        if (clone / _MARK).exists():
            git = Git(folder=clone, source=source, variables=(("GIT_DIR", str(clone)),))
            _revive(git.with_settings((("core.hooksPath", NO_HOOKS), ("core.fsmonitor", "false"))))
            (clone / _MARK).unlink()
    except OSError as error:
        raise GitFailed(
            f"the private clone {clone} is damaged, and cannot be mended: {error.strerror}",
            hint=f"check who may write there; if nothing in it is needed, remove {clone}: it is made anew",
        ) from error


def _mend(clone: Path) -> None:
    refs, packed = clone / "refs", clone / "packed-refs"
    if not _is_head(clone / "HEAD"):
        _put_aside(clone / "HEAD")
        # No branch of ours needs it: each work tree has its own.
        put(clone / "HEAD", b"ref: refs/heads/main\n")
    if not _is_list(packed):
        (clone / _MARK).touch()
        old = packed.read_bytes() if packed.is_file() and not packed.is_symlink() else b""
        _put_aside(packed)
        put(packed, b"".join(re.findall(rb"^%b" % _LINE, old, re.MULTILINE)))
    if not refs.is_dir() and not refs.is_symlink():
        (clone / _MARK).touch()
        _put_aside(refs)
    if not refs.is_symlink():
        (refs / "heads").mkdir(mode=0o700, parents=True, exist_ok=True)


def _revive(git: Git) -> None:
    done = git.ask("fsck", "--no-reflogs", "--connectivity-only", "--no-progress", timeout_s=_LOOK_S)
    lines = done.stdout.decode(errors="replace").splitlines()
    newest: dict[str, tuple[int, str]] = {}
    for line in lines:
        commit_id = line.removeprefix("dangling commit ")
        if commit_id != line:
            run_id, at = _made_by(git, commit_id)
            newest[run_id] = max(newest.get(run_id, (0, "")), (at, commit_id))
    newest.pop("", None)
    for run_id, (_, commit_id) in newest.items():
        name = f"{FOLDER}/{run_id}"
        if git.ask("show-ref", "--verify", "--quiet", name).exit_code != 0:
            git.run("update-ref", "--no-deref", name, commit_id)


def _made_by(git: Git, commit_id: str) -> tuple[str, int]:
    """The run whose commit it is, empty if it is none's, and when it was made, in seconds since 1970."""
    told = git.text("rev-list", "--no-walk", "--format=%ct %B", commit_id).partition("\n")[2]
    at, _, message = told.partition(" ")
    named = _RUN.findall(message)
    return (named[-1] if named else ""), int(at)


def _is_head(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and _HEAD.fullmatch(path.read_bytes()) is not None


def _is_list(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return not path.is_symlink() and not path.exists()
    return _PACKED.fullmatch(path.read_bytes()) is not None


def _put_aside(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        path.rename(path.with_name(f"{path.name}.damaged-{secrets.token_hex(4)}"))
