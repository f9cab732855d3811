"""What a person does with a task in their own checkout: take it, commit for it, open its pull request."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace

from runner.errors import RunnerError, UsageProblem
from runner.forge.protocol import Asked, Forge, NewPullRequest, PullRequest
from runner.forge.text import Allowed, Redact, pull_request_body, pull_request_title
from runner.git.checkout import checkout_branch, commit_all, push_current
from runner.git.message import commit_message
from runner.git.names import branch_name, kind_of
from runner.git.repository import Repository
from runner.git.staging import everything
from runner.git.trailers import mark_of
from runner.prompts import Prompts
from runner.redaction.redactor import Redactor
from runner.runs.closing import closing_of
from runner.runs.secrets_by_hand import refuse_secrets
from runner.tasks.model import ClaimRequest, Task, TaskChange
from runner.tasks.protocol import Claims, TaskBoard

PERSON_LEASE_S = 24 * 3600.0
"""A person sends no heartbeat; after a day without a word the task is free again."""

MOST_COMMITS = 200
"""So many of a branch's commits are looked at for the mark of a run."""

_TASK_IN_BRANCH = re.compile(r"(?:^|/)(T-[1-9][0-9]*)(?:-|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A task in a person's hands, and its branch, where they stand now."""

    task: Task
    branch: str
    existed: bool = False
    """The branch was there already, as it was left; else it was made."""


def take(
    task_id: str,
    *,
    agent_id: str,
    project: str,
    claims: Claims,
    board: TaskBoard,
    checkout: Repository,
    prefix: str | None,
) -> Taken:
    """Claim a task for a person and switch to a branch of its own; without the branch there is no claim.

    A branch from an earlier time is gone on with, as it is, unless somebody else's work is on it.

    Raises:
        UnknownTask, NotReady, AlreadyClaimed, InvalidTransition: it cannot be claimed.
        UsageProblem: it is a task of another project than `project`, or its branch cannot be made or is another's.
        GitFailed: the branch cannot be made or switched to; the task is given back.
    """
    request = ClaimRequest(
        agent_id=agent_id,
        request_id=str(uuid.uuid4()),
        task_id=task_id,
        project=project,
        capabilities=board.get(task_id).requires,  # people know themselves what they can do
        lease_s=PERSON_LEASE_S,
    )
    claimed = claims.claim(request)
    task = claimed.task
    try:
        branch = branch_name(task.id, task.title, task.labels, prefix=prefix)
        existed = checkout_branch(checkout, branch, task_id=task.id)
    except BaseException:
        claims.release(claimed.lease, note="given back: its branch could not be switched to")
        raise
    return Taken(task=board.get(task.id), branch=branch, existed=existed)


def task_of_branch(board: TaskBoard, checkout: Repository, task_id: str | None) -> Task:
    """The named task, else the one in the current branch's name.

    Raises:
        UsageProblem: nothing is named, and the branch belongs to no task.
        UnknownTask: there is no such task.
    """
    branch = checkout.branch() or ""
    found = task_id or next(iter(_TASK_IN_BRANCH.findall(branch)), None)
    if found is None:
        raise UsageProblem(
            f"the branch {branch or '(detached)'} belongs to no task",
            hint="name the task with --task, or begin with `runner take TASK`",
        )
    return board.get(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A commit in the checkout. `warning` is what did not work although the commit exists."""

    commit: str
    files: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    """Those of `files` that git did not know before."""
    pushed: str | None = None
    warning: str = ""


def commit(
    task: Task,
    message: str,
    *,
    push: bool,
    sign_off: bool,
    board: TaskBoard,
    checkout: Repository,
    redactor: Redactor | None,
) -> Committed:
    """Commit everything in the checkout for a task, and tell the task; with `push` also push the branch.

    `redactor` knows what must not be committed; with None a person has said that secrets may. A task that cannot be
    told, or a push that fails, does not undo the commit: the warning says so.

    Raises:
        UsageProblem, RunnerError, GitFailed: there is no commit. After a secret was found the index is as before.
    """
    title, _, body = message.strip().partition("\n")
    kind = kind_of(task.labels, title)
    text = commit_message(kind=kind, title=title, body=body, task_id=task.id) if title else ""
    staging = everything(checkout)
    if redactor is not None and text:
        refuse_secrets(staging, text, redactor=redactor)
    commit_id = commit_all(checkout, text, sign_off=sign_off)
    made = Committed(commit=commit_id, files=staging.files, untracked=staging.untracked)
    try:
        board.update(task.id, TaskChange(note=f"Committed: {title}"))
        pushed = push_current(checkout) if push else None
    except RunnerError as error:
        return replace(made, warning=f"{error}; {error.hint}" if error.hint else str(error))
    return replace(made, pushed=pushed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestWish:
    """What a person says about their pull request; None leaves it to the task."""

    title: str | None = None
    base: str | None = None
    draft: bool | None = None
    """None: as `new_draft` says for a new one; one that is open already stays what it is."""
    new_draft: bool = False
    labels: tuple[str, ...] = ()


def open_pull_request(
    task: Task, wish: PullRequestWish, *, checkout: Repository, forge: Forge, prompts: Prompts, redact: Redact
) -> PullRequest:
    """Push the current branch and open its pull request, or adopt the open one.

    Of an open one only what was wished for in so many words is changed: it may be a run's, with evidence in it.

    Raises:
        UsageProblem: it is the base branch itself, or HEAD is detached.
        GitFailed, GhFailed: the push or the pull request failed.
    """
    branch = checkout.branch()
    base = wish.base or _base_of(checkout, branch)
    if branch is None or branch in {base, "main", "master"}:
        raise UsageProblem(
            f"{branch or 'a detached HEAD'} is no branch for a pull request",
            hint="make one with `runner take TASK`",
        )
    if checkout.remotes():
        push_current(checkout)
    closing = closing_of(task, checkout)
    text = prompts.render(
        "pull_request",
        task=task,
        by_hand=True,
        run=", ".join(_runs_of(checkout, task, base)),
        closes=closing.issues,
        named=closing.named,
    )
    new = _new_pull_request(
        task, wish, text, branch=branch, base=base, allowed=closing.allowed, redact=redact
    )
    made = forge.open_pull_request(new)
    # The text of one that is open already is left as it is, and so is what that closes.
    return made if made.adopted else replace(made, warnings=(*made.warnings, *closing.warnings(new.body)))


def _new_pull_request(
    task: Task, wish: PullRequestWish, text: str, *, branch: str, base: str, allowed: Allowed, redact: Redact
) -> NewPullRequest:
    title = wish.title or task.title
    return NewPullRequest(
        title=pull_request_title(title, redact=redact, allowed=allowed, fallback=task.id),
        body=pull_request_body(text, redact=redact, allowed=allowed),
        branch=branch,
        base=base,
        draft=wish.new_draft if wish.draft is None else wish.draft,
        labels=wish.labels,
        asked=Asked(title=bool(wish.title), draft=wish.draft is not None),
    )


def _runs_of(checkout: Repository, task: Task, base: str) -> tuple[str, ...]:
    """The runs of the task that made commits of the current branch, newest first: their work is no person's."""
    remote = checkout.main_remote()
    there = (f"refs/remotes/{remote}/{base}" if remote else "", f"refs/heads/{base}")
    without = [f"^{rev}" for rev in there if rev and checkout.resolve(rev)]
    listed = checkout.git.run("log", "-z", "--format=%B", f"-n{MOST_COMMITS}", "HEAD", *without, "--")
    marks = [mark_of(message) for message in listed.decode(errors="replace").split("\0")]
    return tuple(dict.fromkeys(mark.run_id for mark in marks if mark and mark.task_id == task.id))


def _base_of(checkout: Repository, branch: str | None) -> str:
    """The branch that `branch` wants to go into, as far as the checkout knows."""
    default = checkout.default_branch()
    # Without a word from the remote, the default branch is taken to be the current one.
    known = (
        default if default != branch else None,
        *(name for name in ("main", "master") if checkout.resolve(name)),
    )
    return next((name for name in known if name), default or "main")
