"""From a verified change to a pull request: one commit, one push, one pull request.

Each is one step, and a step that was begun is finished: who says stop meanwhile is heard before the next one.
"""

from __future__ import annotations

from dataclasses import replace

from runner.events.model import EventName
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.forge.text import pull_request_body, pull_request_title
from runner.git.message import commit_message
from runner.git.names import kind_of
from runner.git.trailers import RunMark
from runner.git.work_tree import WorkTree
from runner.runs.closing import closing_of
from runner.runs.commit_text import commit_body, commit_title
from runner.runs.model import Step
from runner.runs.prompting import pull_request_text
from runner.runs.record import Json
from runner.runs.run import Run

LEAST_WORDS = 3
"""A shorter summary ("Done.") says nothing that the subject does not."""


def commit(run: Run, tree: WorkTree) -> str:
    """One commit of ours with only what changed; commits that the agent made are collapsed into it."""
    with run.step(Step.COMMIT, "committing") as facts:
        text = commit_text(run)
        commit_id = tree.commit(run.base.commit_id, text, sign_off=run.policy.sign_off)
        facts["commit"] = commit_id
        run.commits = (commit_id,)
    run.emit(EventName.COMMIT_MADE, commit=commit_id, branch=run.branch)
    return commit_id


def commit_text(run: Run) -> str:
    """Subject from the task, body from Claude's summary, trailers that tell whose work it is."""
    task = run.task
    redact = run.tools.redactor.text
    return commit_message(
        kind=kind_of(task.labels, task.title),
        title=commit_title(task.title, redact=redact, fallback=task.id),
        body=commit_body(run.summary, redact=redact) if len(run.summary.split()) > LEAST_WORDS else "",
        mark=mark(run),
        co_author=run.policy.co_author,
    )


def mark(run: Run) -> RunMark:
    """Whose commit it is: what a later claim of the same task may replace."""
    return RunMark(task_id=run.task.id, run_id=run.run_id, fence=run.lease.fence)


def deliver_branch(run: Run, tree: WorkTree) -> None:
    """Bring the branch to the remote, and into the checkout as a new ref when pull requests stay here.

    Raises:
        BranchMoved: the branch there has commits that are not ours.
    """
    remote = run.base.remote
    run.confirm_lease()
    note = f"pushing to {remote}" if remote else "bringing the branch into the checkout"
    with run.step(Step.PUSH, note, branch=run.branch, commit=run.commits[-1], expected=None) as facts:
        if remote is not None:
            # None: it must not be there yet, or be made only of this task's commits by older claims.
            tree.push(run.branch, None, remote)
            facts["remote"] = remote
        if remote is None or run.tools.local_forge:
            tree.deliver_local(run.tools.checkout, run.branch)
            facts["local"] = True
    run.emit(EventName.BRANCH_PUSHED, branch=run.branch)


def open_pull_request(run: Run, *, unproven: bool) -> None:
    """Open the pull request, or adopt the open one of this branch; what is unproven is a draft."""
    draft = unproven or run.policy.draft
    run.confirm_lease()
    new = new_pull_request(run, draft=draft, unproven=unproven)
    run.record.write("body.md", new.body.encode())
    note = "writing the pull request down" if run.tools.local_forge else "opening the pull request"
    with run.step(Step.PULL_REQUEST, note, branch=run.branch, draft=draft) as facts:
        made = run.tools.forge(run.record.folder).open_pull_request(new)
        unclosed = closing_of(run.task, run.tools.checkout).warnings(new.body)
        _take(run, replace(made, warnings=(*made.warnings, *unclosed)), facts)
    run.emit(EventName.PULL_REQUEST_OPENED, url=made.url, adopted=made.adopted)


def take_merged(run: Run) -> bool:
    """Whether a person merged the pull request since a process before this one pushed; then it is the run's.

    Raises:
        GhFailed: nobody can tell, or a person closed it.
    """
    run.confirm_lease()
    new = new_pull_request(run, draft=False, unproven=False)
    merged = run.tools.forge(run.record.folder).find_merged(new)
    if merged is None:
        return False
    with run.step(Step.PULL_REQUEST, "the pull request was merged meanwhile", branch=run.branch) as facts:
        _take(run, merged, facts)
    return True


def _take(run: Run, made: PullRequest, facts: dict[str, Json]) -> None:
    """Make it the run's own. Raises: Stopped (another run pushed to it, and has the task by now)."""
    if made.unlike:
        run.confirm_lease()
    merged = (f"{made.url} was merged already",) if made.state == "merged" else ()
    warnings = (*made.warnings, *merged)
    facts.update(url=made.url, adopted=made.adopted, state=made.state, warnings=[*warnings])
    run.pull_request = made.url
    for warning in warnings:
        run.warn(warning)


def new_pull_request(run: Run, *, draft: bool, unproven: bool) -> NewPullRequest:
    """The text of the pull request: summary, task, evidence, a note on AI help, what it closes; safe to publish."""
    closing = closing_of(run.task, run.tools.checkout)
    body = pull_request_text(run, unproven=unproven, closing=closing)
    redact, allowed = run.tools.redactor.text, closing.allowed
    return NewPullRequest(
        title=pull_request_title(run.task.title, redact=redact, allowed=allowed, fallback=run.task.id),
        body=pull_request_body(body, redact=redact, allowed=allowed),
        branch=run.branch,
        base=run.base.branch,
        draft=draft,
        labels=run.policy.labels,
        run_id=run.run_id,
        task_id=run.task.id,
        commit_id=run.commits[-1],
    )
