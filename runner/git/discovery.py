"""Where the repository of a folder is; git decides."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import NotARepository
from runner.git.program import Git, failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folders of one checkout, all absolute and without links."""

    top: Path
    git_dir: Path
    common_dir: Path


def find_repository(start: Path, source: Mapping[str, str]) -> Place:
    """The repository around `start`, from any depth; nothing in the environment aims it elsewhere.

    Raises:
        NotARepository: no repository, no work tree in it, or no such folder.
        GitFailed: a repository that git refuses: another owner, or a format newer than this git.
    """
    folder = _folder(start)
    git = Git(folder=folder, source=source)
    done = git.ask("rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-toplevel")
    lines = os.fsdecode(done.stdout).splitlines()
    if done.exit_code == 0 and len(lines) == 3:
        git_dir, common_dir, top = (folder.joinpath(line).resolve() for line in lines)
        return Place(top=top, git_dir=git_dir, common_dir=common_dir)
    if b"not a git repository" in done.stderr:
        raise NotARepository(f"{folder} is not in a git repository", hint="go to one, or make one: git init")
    if b"must be run in a work tree" in done.stderr:
        raise NotARepository(
            f"{folder} is in a bare repository; a work tree is needed",
            hint="go to a checkout of it: git clone, or git worktree add",
        )
    raise failure(done, f"git cannot read the repository of {folder}")


def _folder(start: Path) -> Path:
    if start.is_dir():
        return start.absolute()
    if start.parent.is_dir():
        return start.parent.absolute()
    raise NotARepository(f"there is no folder {start}", hint="check the path")
