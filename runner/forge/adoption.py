"""What is to change in a pull request that is open already, and what a person's edit keeps as it is; pure."""

from __future__ import annotations

from dataclasses import dataclass

from runner.forge.marking import Signature, marked, same, signature, unmarked
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.gh.program import SeenPullRequest

LEFT = "left as they are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to do to it; None leaves a thing alone."""

    title: str | None = None
    body: str | None = None
    """With its mark."""
    draft: bool | None = None
    labels: tuple[str, ...] = ()
    """To be added."""
    warnings: tuple[str, ...] = ()
    """What is not done, and why."""


def changes(seen: SeenPullRequest, new: NewPullRequest) -> Changes:
    """What brings an open pull request to what is wanted, as far as it is ours to change."""
    written = signature(seen.title, seen.body)
    title, body, kept = _text(seen, new, written)
    draft, left = _draft(seen, new, written)
    there = {label.lower() for label in seen.labels}
    missing = tuple(label for label in new.labels if label and label.lower() not in there)
    return Changes(title=title, body=body, draft=draft, labels=missing, warnings=kept + left)


def is_unlike(seen: SeenPullRequest, new: NewPullRequest) -> bool:
    """Whether its newest commit is not what a run pushed, as far as the forge tells.

    Somebody pushed since: its text, and what it proves, may belong to their commit.
    """
    told = new.asked is None and bool(new.commit_id and seen.head_commit)
    return told and seen.head_commit != new.commit_id


def left_alone(url: str, commit_id: str, warnings: tuple[str, ...] = ()) -> PullRequest:
    """One whose newest commit is `commit_id` and nothing that was pushed by who asks."""
    why = f"its newest commit is {commit_id[:12]}, which this run did not push: title, text and draft are {LEFT}"
    return PullRequest(url=url, adopted=True, unlike=True, warnings=(*warnings, why))


def _text(
    seen: SeenPullRequest, new: NewPullRequest, written: Signature
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The new title and the new body, and a warning about what a person wrote."""
    other_title, other_body = not same(seen.title, new.title), not same(unmarked(seen.body), new.body)
    if new.asked:
        return (new.title if new.asked.title and other_title else None), None, ()
    if not (other_title or other_body):
        return None, _body_of_this_run(new, written), ()
    if not written.body_kept:
        who = "a person edited its text" if written.ours else "a person wrote it"
        return None, None, (f"{who}: title and text are {LEFT}",)
    body = marked(new.title, new.body, new.run_id)
    if written.title_kept:
        return (new.title if other_title else None), body, ()
    return None, (body if other_body else None), ("a person edited its title: it is left as it is",)


def _body_of_this_run(new: NewPullRequest, written: Signature) -> str | None:
    """The same text with the mark of another run, so that this one finds it again; None if there is no need."""
    untouched = written.body_kept and written.title_kept
    if not untouched or written.run_id == new.run_id or not new.run_id:
        return None
    return marked(new.title, new.body, new.run_id)


def _draft(
    seen: SeenPullRequest, new: NewPullRequest, written: Signature
) -> tuple[bool | None, tuple[str, ...]]:
    """Whether to make it a draft (True) or ready (False); a person's own draft is ready when they say so."""
    if seen.draft == new.draft or (new.asked and not new.asked.draft):
        return None, ()
    if seen.draft and not (written.ours or new.asked):
        return None, ("a person opened it as a draft: it is left as one",)
    return new.draft, ()
