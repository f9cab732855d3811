"""What may not leave without a person's word: changes of protected files, and secrets in commits or texts."""

from __future__ import annotations

from collections.abc import Iterable

from runner.git.links_at import links_at
from runner.git.outgoing import outgoing_patch
from runner.git.putting_back import committed_changes, committed_links
from runner.git.work_tree import WorkTree
from runner.redaction.scan import scan_patch, scan_text
from runner.runs.allowing import granted
from runner.runs.judging import Judgement
from runner.runs.prompting import pull_request_text
from runner.runs.protected import Protected, named_in_task, protected_in
from runner.runs.run import Run
from runner.tasks.model import Outcome, Task

TOLD_LIMIT = 10
"""So many are named in a question; more would hide the question itself."""


def named_before_work(run: Run) -> Judgement | None:
    """The question to ask before anything is spent: the task names protected files. None when there is none."""
    named = _named(run, allowed=allowed_in(run))
    if not named:
        return None
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"the task names protected files: {_listed(item.path for item in named)}",
        question=f"The task names protected files: {_listed(item.told() for item in named)}. {HOW_TO_ALLOW}",
    )


HOW_TO_ALLOW = (
    "Answer `allow` to let this task change the protected files it names, `allow PATH ...` for others, or say how to do"
    " without."
)


def changed_without_word(run: Run, tree: WorkTree, changes: tuple[str, ...]) -> Judgement | None:
    """The question to ask when Claude changed protected files that nobody allowed; None when it did not."""
    return _not_allowed(touched(run, tree, changes, allowed=allowed_in(run)))


def committed_without_word(run: Run, tree: WorkTree, commit_id: str) -> Judgement | None:
    """The same for the finished commit: hooks, and what they call, may have put more into it."""
    base = run.base.commit_id
    links = committed_links(tree, base, commit_id)
    found = protected_in(
        committed_changes(tree, base, commit_id),
        extra=_extra(run),
        allowed=allowed_in(run),
        links=links,
        before=_links_before(run, tree, links),
    )
    return _not_allowed(found)


def _not_allowed(found: tuple[Protected, ...]) -> Judgement | None:
    if not found:
        return None
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"protected files were changed: {_listed(item.path for item in found)}",
        question=f"Claude changed protected files: {_listed(item.told() for item in found)}. Nothing was pushed."
        f" {HOW_TO_ALLOW}",
    )


def touched(
    run: Run, tree: WorkTree, changes: tuple[str, ...], *, allowed: tuple[str, ...] = ()
) -> tuple[Protected, ...]:
    """The protected files among the changed ones that are not `allowed`, and links that lead out of the repository."""
    links = {path: str((tree.path / path).readlink()) for path in changes if (tree.path / path).is_symlink()}
    before = _links_before(run, tree, links)
    return protected_in(changes, extra=_extra(run), allowed=allowed, links=links, before=before)


def _links_before(run: Run, tree: WorkTree, links: dict[str, str]) -> dict[str, str]:
    """The links of the base, if one in the change may lead through them: they cost a look at all files."""
    return links_at(tree.plot.ground.git, run.base.commit_id) if links else {}


def allowed_in(run: Run) -> tuple[str, ...]:
    """What people allowed: the settings, and the answer to the task's question."""
    return (*run.policy.allowed, *allowed_by_answer(run, run.task))


def allowed_by_answer(run: Run, task: Task) -> tuple[str, ...]:
    """What a person's answer lets this task change: see `allowing.granted`."""
    named = tuple(item.path for item in _named(run, allowed=()))
    return granted(task.answer, named, extra=_extra(run)).patterns


def secrets_that_would_leave(run: Run, tree: WorkTree, commit_id: str) -> Judgement | None:
    """The question to ask when a commit or the pull request's text holds a secret; None when they are clean.

    Every commit that would be pushed is looked through. The secret itself is named nowhere.
    """
    redactor = run.tools.redactor
    patch = outgoing_patch(tree.plot.ground, run.base.commit_id, commit_id)
    found = [str(finding) for finding in scan_patch(patch, redactor=redactor)]
    text = f"{run.task.title}\n{pull_request_text(run, unproven=False)}"
    found += [str(finding) for finding in scan_text(text, path="the pull request's text", redactor=redactor)]
    found += run.leaks
    if not found:
        return None
    told = _listed(dict.fromkeys(found))
    return Judgement(
        outcome=Outcome.NEEDS_INPUT,
        cause=f"a secret would leave: {told}",
        question=f"The change holds what looks like a secret: {told}. Nothing was pushed."
        " Answer how to do without; Claude goes on from here.",
    )


def _named(run: Run, *, allowed: tuple[str, ...]) -> tuple[Protected, ...]:
    task = run.task
    return named_in_task(
        [file.path for file in task.files],
        task.title,
        task.description,
        extra=_extra(run),
        allowed=allowed,
    )


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - TOLD_LIMIT
    return ", ".join(every[:TOLD_LIMIT]) + (f" and {more} more" if more > 0 else "")


def _extra(run: Run) -> tuple[str, ...]:
    """Besides the usual patterns: those of the settings, and the folder that the developer's git takes hooks from."""
    checkout = run.tools.checkout
    hooks = run.tools.clone.ground.carried.hooks
    if not hooks.is_relative_to(checkout.top) or ".git" in hooks.relative_to(checkout.top).parts:
        return run.policy.protected
    return (*run.policy.protected, f"/{hooks.relative_to(checkout.top).as_posix()}/")
