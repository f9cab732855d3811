"""A forge in memory: what was opened can be looked at, and it can be told to fail."""

from __future__ import annotations

from runner.errors import RunnerError
from runner.forge.protocol import NewPullRequest, PullRequest


class FakeForge:
    """Keeps every pull request; `failures` are raised one per call before it works."""

    def __init__(self, *, failures: tuple[RunnerError, ...] = (), warnings: tuple[str, ...] = ()) -> None:
        self.opened: list[NewPullRequest] = []
        self.warnings = warnings
        self._failures = list(failures)

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        if self._failures:
            raise self._failures.pop(0)
        for number, old in enumerate(self.opened, start=1):
            if (old.branch, old.base) == (new.branch, new.base):
                return PullRequest(url=self.url(number), adopted=True)
        self.opened.append(new)
        return PullRequest(url=self.url(len(self.opened)), warnings=self.warnings)

    @staticmethod
    def url(number: int) -> str:
        return f"https://forge.example.org/acme/widget/pull/{number}"
