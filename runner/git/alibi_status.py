"""What git says of a checkout: HEAD, index, which files are dirty, untracked or ignored, refs and stash."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from runner.git.repository import Repository

STATUS_S = 300.0
"""A big tree on a slow disk."""
_STATUS = (
    *("status", "--porcelain=v2", "-z", "--branch", "--no-renames"),
    *("--untracked-files=all", "--ignored=matching"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer of `git status`, and nothing else."""

    head: str
    commit: str
    staged: Mapping[str, str]
    dirty: frozenset[str]
    untracked: frozenset[str]
    ignored: frozenset[str]
    """Folders end with a slash: everything in them is ignored."""


def read_status(repository: Repository) -> Status:
    """Raises: GitFailed."""
    listed = repository.git.run(*_STATUS, timeout_s=STATUS_S, doing=f"cannot look at {repository.top}")
    return parse_status(os.fsdecode(listed).split("\0"))


def parse_status(lines: list[str]) -> Status:
    """Make sense of the lines of `git status --porcelain=v2 -z --branch`."""
    headers: dict[str, str] = {}
    staged: dict[str, str] = {}
    marked: dict[str, set[str]] = {"1": set(), "?": set(), "!": set()}
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "#":
            key, _, value = rest.partition(" ")
            headers[key] = value
        elif mark == "1":
            changes, _, _, in_index, _, _, blob, path = rest.split(" ", 7)
            if changes[0] != ".":
                staged[path] = f"{in_index} {blob}"
            if changes[1] != ".":
                marked["1"].add(path)
        elif mark == "u":
            _, _, *stages, path = rest.split(" ", 9)
            staged[path] = " ".join(stages)
            marked["1"].add(path)
        elif mark in marked:
            marked[mark].add(rest)
    branch, commit = headers.get("branch.head", ""), headers.get("branch.oid", "")
    return Status(
        head="" if branch == "(detached)" else f"refs/heads/{branch}",
        commit="" if commit == "(initial)" else commit,
        staged=staged,
        dirty=frozenset(marked["1"]),
        untracked=frozenset(marked["?"]),
        ignored=frozenset(marked["!"]),
    )


def read_refs(repository: Repository) -> tuple[dict[str, str], dict[str, str]]:
    """(local refs, what is known of remotes), by full name. Raises: GitFailed."""
    listed = repository.git.text("for-each-ref", "--format=%(objectname) %(refname)")
    rows = (line.split(" ", 1) for line in listed.splitlines())
    refs = {name: object_id for object_id, name in rows}
    remotes = {name: refs.pop(name) for name in tuple(refs) if name.startswith("refs/remotes/")}
    return refs, remotes


def read_stash(repository: Repository) -> tuple[str, ...]:
    """Raises: GitFailed."""
    listed = repository.git.text("log", "-g", "--format=%H", "refs/stash", "--")
    return tuple(listed.split())
