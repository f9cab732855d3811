"""What a fingerprint holds of the `.git` folder itself: settings, hooks, half-done acts, reflogs, object files."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_OF_CHECKOUT = (
    *("config.worktree", "info/sparse-checkout", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"),
    *("BISECT_LOG", "rebase-merge/onto", "rebase-apply/onto"),
)
_OF_REPOSITORY = (
    *("config", "info/exclude", "info/attributes", "info/grafts", "shallow"),
    *("objects/info/alternates", "hooks/*"),
    *("worktrees/*/gitdir", "worktrees/*/HEAD", "worktrees/*/commondir", "worktrees/*/locked"),
    *("modules/*/config", "modules/*/HEAD", "modules/*/hooks/*"),
)
USER_SETTINGS = ("~/.gitconfig", "~/.config/git/config")
"""The developer's own settings for all repositories."""
_LOGS = ("logs/HEAD", "logs/refs/stash")
_READ_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The git folder's part of a fingerprint."""

    settings: Mapping[str, str]
    logs: Mapping[str, int]
    packs: Mapping[str, int]
    loose: Mapping[str, tuple[int, int]]


def settings_files(git_dir: Path, common_dir: Path, environ: Mapping[str, str]) -> dict[str, Path]:
    """Config, hooks and the like, by a name of ours. What a developer's git writes by itself is left out."""
    found = {name: git_dir / name for name in _OF_CHECKOUT}
    for pattern in _OF_REPOSITORY:
        paths = sorted(common_dir.glob(pattern)) if "*" in pattern else (common_dir / pattern,)
        found |= {str(path.relative_to(common_dir)): path for path in paths if path.suffix != ".sample"}
    home = environ.get("HOME", "")
    of_user = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return found | {USER_SETTINGS[0]: Path(home, ".gitconfig"), USER_SETTINGS[1]: Path(of_user, "git/config")}


def read_store(git_dir: Path, common_dir: Path, environ: Mapping[str, str]) -> Store:
    """Look at the git folder; what cannot be read is as if it were not there."""
    packs, loose = _objects(common_dir)
    files = settings_files(git_dir, common_dir, environ)
    settings = {name: mark for name, path in sorted(files.items()) if (mark := _mark(path))}
    return Store(settings=settings, logs=_logs(git_dir, common_dir), packs=packs, loose=loose)


def _mark(path: Path) -> str:
    """Mode and hash of a file, the target of a link; empty when there is none."""
    try:
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode):
            return f"-> {path.readlink()}"
        if not stat.S_ISREG(facts.st_mode):
            return f"{facts.st_mode:o}"
        if facts.st_size > _READ_LIMIT_BYTES:
            return f"{facts.st_mode:o} {facts.st_size} {facts.st_mtime_ns}"
        return f"{facts.st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ""  # gone, or ours neither to read nor to change


def _logs(git_dir: Path, common_dir: Path) -> dict[str, int]:
    """Sizes of the reflogs that work can be got back from."""
    paths = {"logs/HEAD": git_dir / _LOGS[0], "logs/refs/stash": common_dir / _LOGS[1]}
    return {name: path.stat().st_size for name, path in paths.items() if path.is_file()}


def _objects(common_dir: Path) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """(pack file to size, folder of loose objects to count and size); more of them is no change, fewer may be one."""
    packs: dict[str, int] = {}
    loose: dict[str, tuple[int, int]] = {}
    try:
        with os.scandir(common_dir / "objects") as folders:
            names = sorted(entry.name for entry in folders if len(entry.name) == 2 and entry.is_dir())
    except OSError:
        return packs, loose
    for name in names:
        sizes = _sizes(common_dir / "objects" / name).values()
        loose[name] = (len(sizes), sum(sizes))
    kept = _sizes(common_dir / "objects" / "pack")
    packs = {name: size for name, size in kept.items() if name.endswith((".pack", ".idx"))}
    return packs, loose


def _sizes(folder: Path) -> dict[str, int]:
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                found[entry.name] = entry.stat(follow_symlinks=False).st_size
    except OSError:
        pass  # the developer's git packs them at this moment
    return found
