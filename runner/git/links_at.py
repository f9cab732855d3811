"""The symbolic links of a commit, and what each says."""

from __future__ import annotations

import os

from runner.git.program import Git

_LINK = b"120000"


def links_at(git: Git, commit_id: str) -> dict[str, str]:
    """Every link, by its path; one whose content is not here (a partial clone) is left out.

    Raises:
        GitFailed: there is no such commit.
    """
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", commit_id).split(b"\0")
    rows = [row.partition(b"\t") for row in listed if row.startswith(_LINK)]
    blobs = {path: facts.split(b" ")[2] for facts, _, path in rows}
    if not blobs:
        return {}
    says = _contents(
        git.run("cat-file", "--batch", input_bytes=b"".join(b + b"\n" for b in set(blobs.values())))
    )
    return {os.fsdecode(path): os.fsdecode(says[blob]) for path, blob in blobs.items() if blob in says}


def _contents(batch: bytes) -> dict[bytes, bytes]:
    """What `git cat-file --batch` wrote: a line with id, type and size, then so many bytes and a line end, each."""
    found, at = {}, 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        words, at = batch[at:end].split(b" "), end + 1
        if len(words) == 3:
            size = int(words[2])
            found[words[0]] = batch[at : at + size]
            at += size + 1
    return found
