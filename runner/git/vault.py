"""The vault of a private clone: a bare repository beside it for what is kept of the developer's checkout.

It is not the clone itself, because an agent's git works there: a plain `git show` would read the developer's unsaved
work, and a plain `git update-ref -d` would lose it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from runner.git.config import render
from runner.git.ground import NO_HOOKS, Ground, put
from runner.git.program import Git
from runner.paths import private_folder

_OURS = (
    ("core.hookspath", NO_HOOKS),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.file.allow", "always"),
)


def vault_path(clone: Path) -> Path:
    """Where the vault of the clone at `clone` is; it need not exist."""
    return clone.with_suffix(".kept")


def vault_git(ground: Ground) -> Git:
    """git in the vault, with none of the clone's settings."""
    return git_of_vault(vault_path(ground.path), ground.checkout.source)


def git_of_vault(vault: Path, source: Mapping[str, str]) -> Git:
    """The same where only the vault is known; `source` is the environment for git."""
    # Its content is never used for anything but to be fetched back, by the developer's own git.
    git = Git(folder=vault.parent, source=source, variables=(("GIT_DIR", str(vault)),))
    return git.with_settings(_OURS)


def ensure_vault(ground: Ground) -> Git:
    """git in the vault, which is made if it is missing; it borrows objects from the clone. Raises: OSError."""
    object_format = ground.git.text("rev-parse", "--show-object-format")
    bare_repository(vault_path(ground.path), object_format, (ground.path / "objects",))
    return vault_git(ground)


def bare_repository(path: Path, object_format: str, borrowed: tuple[Path, ...]) -> None:
    """Make an empty bare repository, or put its settings right: no program of anybody's, no template."""
    for folder in ("objects/info", "objects/pack", "refs"):
        private_folder(path / folder)
    extended = object_format != "sha1"
    version = (("core.repositoryformatversion", "1" if extended else "0"),)
    form = (("extensions.objectformat", object_format),) if extended else ()
    put(path / "config", render((*version, *form, ("core.bare", "true"), *_OURS)))
    put(path / "objects/info/alternates", b"".join(_line(folder) for folder in borrowed))
    put(path / "HEAD", b"ref: refs/heads/none\n")


def _line(folder: Path) -> bytes:
    """One line of git's list of other object folders; a name may have anything in it but these two."""
    return os.fsencode(str(folder)) + b"\n"
