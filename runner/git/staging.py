"""What `git commit` would take if everything were staged, found out without touching the index or the objects."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.git.program import HOOKS_S, Git
from runner.git.repository import Repository

_WHOLE = (
    *("--cached", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv"),
    *("--no-relative", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """Everything in the checkout that is not ignored and differs from HEAD."""

    patch: bytes
    """With binary files, independent of the developer's settings."""
    files: tuple[str, ...]
    untracked: tuple[str, ...]
    """Those of `files` that git did not know before."""


def everything(repository: Repository) -> Staging:
    """Raises: GitFailed (a file cannot be read, say)."""
    developers = replace(repository.git, settings=())
    untracked = _paths(developers.run("ls-files", "--others", "--exclude-standard", "-z"))
    with TemporaryDirectory(prefix="runner-") as folder:
        git = _aside(repository, developers, Path(folder))
        git.run("add", "--all", "--", ".", timeout_s=HOOKS_S, doing="cannot stage the changes")
        files = _paths(git.run("diff", "--name-only", "-z", *_WHOLE))
        patch = git.run("diff", "--patch", *_WHOLE, timeout_s=HOOKS_S)
    return Staging(patch=patch, files=files, untracked=tuple(path for path in untracked if path in files))


def _aside(repository: Repository, git: Git, folder: Path) -> Git:
    """git with a copy of the index, and new objects in `folder`: a secret must not stay behind among the objects."""
    index, objects = folder / "index", folder / "objects"
    objects.mkdir()
    if (repository.git_dir / "index").is_file():
        shutil.copy2(repository.git_dir / "index", index)
    known = str(repository.common_dir / "objects")
    quoted = '"' + known.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return git.with_index(index).with_variables(
        (("GIT_OBJECT_DIRECTORY", str(objects)), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted))
    )


def _paths(listed: bytes) -> tuple[str, ...]:
    return tuple(path.decode(errors="replace") for path in listed.split(b"\0") if path)
