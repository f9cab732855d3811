"""Which of several known tips a new branch starts from: pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.git.model import Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Tips:
    """Where the base branch stands, as far as anyone knows; None where there is no such branch."""

    branch: str
    remote: str | None
    local: str | None
    """In the developer's checkout."""
    known: str | None
    """On the remote, when the checkout last saw it."""
    fetched: str | None
    """On the remote, now."""
    trouble: str = ""
    """Why the remote could not be asked; empty when it answered."""


def choose_base(tips: Tips, *, left_out: bool) -> Base | None:
    """The remote's newest, else what is known of it, else the local branch; anything but the first is noted.

    `left_out` says that the local branch has commits which the remote has not. None: there is no such branch.
    """
    if tips.fetched is not None:
        note = (
            f"{tips.branch} has commits here that {tips.remote} does not have; the work starts without them"
        )
        return _base(tips, tips.fetched, note if left_out else "")
    if not tips.trouble:
        note = f"{tips.remote} has no branch {tips.branch}; the work starts from the local one"
        return _base(tips, tips.local, note if tips.remote else "")
    note = f"{tips.remote} could not be asked ({tips.trouble}); the work starts from "
    if tips.known is not None:
        return _base(tips, tips.known, f"{note}what was last seen of its {tips.branch}")
    return _base(tips, tips.local, f"{note}the local {tips.branch}")


def _base(tips: Tips, commit_id: str | None, note: str) -> Base | None:
    if commit_id is None:
        return None
    return Base(branch=tips.branch, commit_id=commit_id, remote=tips.remote, note=note)


def choose_remote(names: Iterable[str], push_default: str | None) -> str | None:
    """The remote that branches go to: `remote.pushDefault`, else origin, else the first by name; None without any."""
    known = sorted(names)
    return next((name for name in (push_default, "origin", *known) if name in known), None)
