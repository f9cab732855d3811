"""Which project's tasks a claim may take: work on a task of another repository would be lost in this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import NothingToClaim, OtherProject, UsageProblem
from runner.settings.home import home_of
from runner.settings.project import normalised_remote
from runner.tasks.model import ClaimRequest, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.git.repository import Repository
    from runner.wiring.app import App


def project_to_claim(app: App, *, task_id: str | None = None, any_project: bool = False) -> str:
    """The one project whose tasks the next claim may take.

    It is this checkout's. A named task, and any with `any_project`, may also belong to another name of the same
    repository: each of its remotes (a fork and its upstream), its folder (from before it had a remote).

    Raises:
        UsageProblem: the named task belongs to another repository.
        OtherProject: with `any_project` tasks are ready, but only of other repositories.
        UnknownTask: there is no such task.
    """
    if task_id is not None:
        return _of_named(app, app.board.get(task_id))
    return _of_ready(app) if any_project else app.project


def names_of(checkout: Repository) -> tuple[str, ...]:
    """Every project name that means the repository of this checkout: its remotes, then the folders of its checkouts."""
    urls = (checkout.remote_url(name) for name in checkout.remotes())
    remotes = (normalised_remote(url) for url in urls if url)
    return tuple(dict.fromkeys((*filter(None, remotes), *_folders(checkout))))


def _folders(checkout: Repository) -> Iterator[str]:
    yield str(checkout.top)
    yield str(home_of(checkout.top))
    listed = checkout.git.text("worktree", "list", "--porcelain")
    for line in listed.splitlines():
        if line.startswith("worktree "):
            yield line.removeprefix("worktree ")


def _of_named(app: App, task: Task) -> str:
    if task.project == app.project or task.project in names_of(app.light_repository):
        return task.project
    raise UsageProblem(
        f"{task.id} belongs to the project {task.project}, not to {app.project}", hint=_remedy(task)
    )


def _of_ready(app: App) -> str:
    """The first name of this repository under which something is ready; its own if nothing is at all."""
    if _best(app, app.project):
        return app.project
    found = (name for name in names_of(app.light_repository) if _best(app, name))
    known = next(found, None)
    if known is not None:
        return known
    other = _best(app, None)
    if other is None:
        return app.project
    raise OtherProject(
        f"{other.id} is ready, but belongs to the project {other.project}, and this checkout to {app.project}",
        hint=_remedy(other),
    )


def _best(app: App, project: str | None) -> Task | None:
    """What this agent would get of a project now (None: of any); None if nothing is ready."""
    request = ClaimRequest(
        agent_id=app.agent_id,
        request_id="looking",
        project=project,
        capabilities=app.settings.capabilities,
    )
    try:
        return app.board.choose(request)
    except NothingToClaim:
        return None


def _remedy(task: Task) -> str:
    return f"claim it in a checkout of {task.project}; if this is one, say so: --project {task.project}"
