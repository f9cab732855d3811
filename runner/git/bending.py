"""What bends a clone's history without changing a commit, and straightening it: an agent's git can leave any of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from runner.errors import GitFailed
from runner.git.program import Git

_REPLACED = "refs/replace"
_PARTS = ("", "info", "objects", "objects/info", "refs", _REPLACED, "worktrees")


def check_parts(clone: Path) -> None:
    """That no folder of the clone we write to leads elsewhere. Raises: GitFailed (one does; nothing was written)."""
    for part in _PARTS:
        folder = clone / part
        if folder.is_symlink():
            raise GitFailed(
                f"{folder} was replaced by a link while a run worked",
                hint=f"remove the link; if work trees fail then, remove {clone} too: it is made anew",
            )


def straighten(clone: Path, git: Git, common_dir: Path) -> None:
    """Remove replaced objects, grafts, borrowed objects and false ends of history that the checkout does not have."""
    _drop_replacements(clone, git)
    _remove_file(clone / "info" / "grafts")
    _keep_lines(clone / "objects" / "info" / "alternates", _borrowed(common_dir))
    _remove_file(clone / "objects" / "info" / "http-alternates")
    if not (common_dir / "shallow").is_file():
        _drop_false_ends(clone / "shallow", git)


def _drop_replacements(clone: Path, git: Git) -> None:
    loose, packed = clone / _REPLACED, clone / "packed-refs"
    listed = packed.is_file() and f" {_REPLACED}/".encode() in packed.read_bytes()
    if not (loose.is_dir() or listed or (clone / "reftable").is_dir()):
        return
    names = git.run("for-each-ref", "--format=delete %(refname)", _REPLACED)
    git.run("update-ref", "--no-deref", "--stdin", input_bytes=names)
    # What git does not list as a ref may become one.
    shutil.rmtree(loose, ignore_errors=True)


def _borrowed(common_dir: Path) -> frozenset[str]:
    """Where the checkout's own repository borrows objects; a local clone borrows there as well."""
    objects = common_dir / "objects"
    listed = objects / "info" / "alternates"
    lines = os.fsdecode(listed.read_bytes()).splitlines() if listed.is_file() else []
    return frozenset(os.path.realpath(objects / line) for line in lines if line and not line.startswith("#"))


def _keep_lines(listed: Path, allowed: frozenset[str]) -> None:
    if listed.is_symlink() or not listed.is_file():
        _remove_file(listed)
        return
    lines = os.fsdecode(listed.read_bytes()).splitlines()
    if any(os.path.realpath(listed.parent.parent / line) not in allowed for line in lines if line):
        kept = [line for line in lines if os.path.realpath(listed.parent.parent / line) in allowed]
        listed.write_bytes(b"".join(os.fsencode(line) + b"\n" for line in kept))


def _drop_false_ends(shallow: Path, git: Git) -> None:
    """A commit whose parents are all there is no end. A true one stays: the checkout was shallow once."""
    if shallow.is_symlink() or not shallow.is_file():
        _remove_file(shallow)
        return
    ends = shallow.read_bytes().split()
    true_ends = [end for end in ends if not _has_parents(git, os.fsdecode(end))]
    if len(true_ends) < len(ends):
        shallow.unlink()
        if true_ends:
            shallow.write_bytes(b"".join(end + b"\n" for end in true_ends))


def _has_parents(git: Git, commit_id: str) -> bool:
    # The commit as it is written; every other question is answered as if it had no parents.
    text = git.ask("cat-file", "commit", commit_id).stdout
    head = text.split(b"\n\n", 1)[0].splitlines()
    parents = [os.fsdecode(line.split()[1]) for line in head if line.startswith(b"parent ")]
    return all(git.ask("cat-file", "-e", parent).exit_code == 0 for parent in parents)


def _remove_file(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
