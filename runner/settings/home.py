"""Which repository a checkout belongs to: all work trees of one repository have the same home. Costs no git.

A folder that only claims to belong to a repository gains nothing: git takes it for a work tree of that repository as
well, and trust is about exact contents besides.
"""

from __future__ import annotations

import os
from pathlib import Path

from runner.errors import SettingsProblem
from runner.settings.files import read_file


def home_of(top: Path) -> Path:
    """The top of the repository's main checkout, or its git folder where that stands alone (bare, a submodule's).

    `top` is the top of any of its checkouts; a folder without a repository is its own home.
    """
    top = top.resolve()
    common = _common_folder(top / ".git")
    if common is None:
        return top
    return common.parent if common.name == ".git" else common


def _common_folder(link: Path) -> Path | None:
    """Where all work trees of the repository keep what they share; None if that cannot be told."""
    if link.is_dir():
        return link.resolve()
    said = _line(link)
    if said is None or not said.startswith("gitdir:"):
        return None
    git_dir = (link.parent / said.removeprefix("gitdir:").strip()).resolve()
    # Only a linked work tree has this file; a submodule's git folder is its own.
    common = _line(git_dir / "commondir")
    return git_dir if common is None else (git_dir / common).resolve()


def _line(path: Path) -> str | None:
    try:
        data = read_file(path)
    except SettingsProblem:
        return None  # git cannot read it either, and says so better
    return None if data is None else os.fsdecode(data).split("\n", 1)[0].strip()
