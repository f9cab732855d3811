"""What became of the pull requests that a run opened before it was cut off; pure."""

from __future__ import annotations

from collections.abc import Iterable

from runner.errors import GhFailed
from runner.forge.marking import signature
from runner.forge.protocol import NewPullRequest
from runner.gh.program import SeenPullRequest


def is_of_a_run(new: NewPullRequest) -> bool:
    """Whether there is anything to know its own by."""
    return bool(new.run_id or new.commit_id) and new.asked is None


def merged_already(seen: Iterable[SeenPullRequest], new: NewPullRequest) -> SeenPullRequest | None:
    """The run's own that a person merged; None if one is to be opened, or is open and to be adopted.

    Raises:
        GhFailed: a person closed it: they do not want it, and another one would be the same.
    """
    here = tuple(one for one in seen if not one.from_fork)
    if any(one.state == "OPEN" and one.base == new.base for one in here):
        return None
    own = tuple(one for one in here if _is_own(one, new))
    merged = next((one for one in own if one.state == "MERGED"), None)
    if merged is None and (closed := next((one for one in own if one.state == "CLOSED"), None)):
        raise GhFailed(
            f"a person closed {closed.url}",
            hint=f"reopen it, or {_afresh(new)}",
            kind="rejected",
        )
    return merged


def merged_by_anybody(seen: Iterable[SeenPullRequest], new: NewPullRequest) -> SeenPullRequest | None:
    """A merged one of the branch and base, whoever opened it: why a pushed branch may have nothing left to merge."""
    return next(
        (one for one in seen if one.state == "MERGED" and one.base == new.base and not one.from_fork), None
    )


def _afresh(new: NewPullRequest) -> str:
    return (
        f"`runner requeue {new.task_id}` starts afresh" if new.task_id else "requeue the task to start afresh"
    )


def _is_own(seen: SeenPullRequest, new: NewPullRequest) -> bool:
    if new.run_id and signature(seen.title, seen.body).run_id == new.run_id:
        return True
    # The very commit, brought to the same place: one that a person opened carries no mark.
    return bool(new.commit_id) and (seen.head_commit, seen.base) == (new.commit_id, new.base)
