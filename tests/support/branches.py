"""A bare repository with branches worth a pull request, made at once."""

from __future__ import annotations

from pathlib import Path

from tests.support.git import Sandbox

WHO = "Ada Developer <ada@example.org> 1767225600 +0000"


def bare_with_branches(path: Path) -> Sandbox:
    """`main` and `next` are the same commit; `feat/x` and `feat/y` are one commit ahead of them."""
    origin = Sandbox.create(path, bare=True)
    stream = _commit("main", mark=1) + "reset refs/heads/next\nfrom :1\n\n"
    stream += _commit("feat/x", mark=2, parent=1) + _commit("feat/y", mark=3, parent=1)
    origin.git("fast-import", "--quiet", input_text=stream)
    return origin


def _commit(branch: str, *, mark: int, parent: int | None = None) -> str:
    words = f"add {branch}"
    origin = f"from :{parent}\n" if parent else ""
    return (
        f"commit refs/heads/{branch}\nmark :{mark}\nauthor {WHO}\ncommitter {WHO}\n"
        f"data {len(words)}\n{words}\n{origin}M 644 inline {branch.replace('/', '-')}.txt\ndata 1\nx\n\n"
    )
