"""Which issues a pull request closes when it is merged: those that its task names, of that very repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.errors import RunnerError
from runner.forge.plain import closed_by
from runner.forge.remote import RemoteRepository, repository_of
from runner.forge.text import Allowed
from runner.git.repository import Repository
from runner.tasks.issues import Issue, read_issue
from runner.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the text of a pull request closes, and what it only names."""

    issues: tuple[str, ...] = ()
    """Of its own repository, as `#12`."""
    named: tuple[str, ...] = ()
    """Of other repositories, or of one of which nobody can tell that it is this; as the task has them."""
    repository: RemoteRepository | None = None
    """Where the pull request goes; None when that is not known."""

    @property
    def allowed(self) -> Allowed:
        """What may stand behind a closing word."""
        return Allowed(closes=frozenset(form for issue in self.issues for form in self._forms(issue)))

    def warnings(self, body: str) -> tuple[str, ...]:
        """What the task wants closed and a pull request with this text does not close, one line each."""
        place = (
            f"an issue of {self.repository}" if self.repository else "known to be an issue of this repository"
        )
        closed = closed_by(body)
        elsewhere = [
            f"{name} is not {place}: the pull request names it, and does not close it" for name in self.named
        ]
        silent = [
            f"{issue} is not closed: this repository's prompt pull_request leaves `closes` out, or is too long"
            for issue in self.issues
            if closed.isdisjoint(form.lower() for form in self._forms(issue))
        ]
        return (*elsewhere, *silent)

    def _forms(self, issue: str) -> tuple[str, ...]:
        place = self.repository
        return (issue, f"{place.owner}/{place.name}{issue}") if place else (issue,)


def closing_of(task: Task, checkout: Repository) -> Closing:
    """What the pull request of this task closes, where this checkout's pull requests go."""
    return closing(task.closes, _repository(checkout) if task.closes else None)


def closing(closes: Iterable[str], repository: RemoteRepository | None) -> Closing:
    """The same for a pull request in this repository; pure. What has no repository of its own is of this one."""
    issues: dict[str, None] = {}
    named: dict[str, None] = {}
    for text in closes:
        issue = read_issue(text)
        if issue is not None and _is_of(issue, repository):
            issues[f"#{issue.number}"] = None
        else:
            named[text] = None
    return Closing(issues=tuple(issues), named=tuple(named), repository=repository)


def _is_of(issue: Issue, repository: RemoteRepository | None) -> bool:
    if not issue.repository:
        return True
    if repository is None:
        return False
    place = repository_of(f"https://{issue.host or repository.host}/{issue.repository}")
    return (
        place is not None and place.host == repository.host and repository.is_named(place.owner, place.name)
    )


def _repository(checkout: Repository) -> RemoteRepository | None:
    """Where pull requests go; None for no forge, and for a checkout that cannot be asked any more."""
    try:
        remote = checkout.main_remote()
        return repository_of(checkout.remote_url(remote)) if remote else None
    except RunnerError:
        return None  # the warnings say for which issue this matters
