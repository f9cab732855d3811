"""A forge in memory: what was opened can be looked at and edited, and it can be told to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runner.errors import RunnerError
from runner.forge.adoption import changes, is_unlike, left_alone
from runner.forge.ended import is_of_a_run, merged_already
from runner.forge.marking import mark, unmarked
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.gh.program import SeenPullRequest


class FakeForge:
    """Keeps every pull request; `failures` are raised one per call before it works, `refusals` one per check.

    `opened` is what people see: put another value there to edit it as a person would.
    """

    def __init__(
        self,
        *,
        failures: tuple[RunnerError, ...] = (),
        refusals: tuple[RunnerError, ...] = (),
        warnings: tuple[str, ...] = (),
        tip: Callable[[str], str] = lambda _: "",
    ) -> None:
        """`tip` tells the newest commit of a branch; empty where it is not known."""
        self.opened: list[NewPullRequest] = []
        self.warnings = warnings
        self.checks = 0
        self.states: list[str] = []
        """Of each: `OPEN`, or what a person made of it, `CLOSED` or `MERGED`."""
        self._written: list[NewPullRequest | None] = []
        """What a run wrote last; None for one that a person opened."""
        self._heads: list[str] = []
        self._tip = tip
        self._failures, self._refusals = list(failures), list(refusals)

    def check_access(self) -> None:
        self.checks += 1
        if self._refusals:
            raise self._refusals.pop(0)

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        if self._failures:
            raise self._failures.pop(0)
        if is_of_a_run(new) and (merged := self._merged(new)):
            return merged
        for at, old in enumerate(self.opened):
            if (old.branch, old.base, self.states[at]) == (new.branch, new.base, "OPEN"):
                return self._adopted(at, old, new)
        return PullRequest(url=self._add(new, new), warnings=self.warnings)

    def find_merged(self, new: NewPullRequest) -> PullRequest | None:
        if self._failures:
            raise self._failures.pop(0)
        return self._merged(new)

    def open_by_hand(self, new: NewPullRequest) -> str:
        """A person opens one; its address."""
        return self._add(new, None)

    def _add(self, new: NewPullRequest, written: NewPullRequest | None) -> str:
        self.opened.append(replace(new, asked=None, run_id="", task_id="", commit_id=""))
        self.states.append("OPEN")
        self._written.append(written)
        self._heads.append(new.commit_id)
        return self.url(len(self.opened))

    def _merged(self, new: NewPullRequest) -> PullRequest | None:
        every = [self._seen(at) for at, old in enumerate(self.opened) if old.branch == new.branch]
        merged = merged_already(every, new)
        return (
            None
            if merged is None
            else PullRequest(url=merged.url, adopted=True, state="merged", unlike=is_unlike(merged, new))
        )

    def _adopted(self, at: int, old: NewPullRequest, new: NewPullRequest) -> PullRequest:
        if is_unlike(seen := self._seen(at), new):
            return left_alone(seen.url, seen.head_commit)
        wanted = changes(seen, new)
        title = old.title if wanted.title is None else wanted.title
        body = old.body if wanted.body is None else unmarked(wanted.body)
        draft = old.draft if wanted.draft is None else wanted.draft
        self.opened[at] = replace(old, title=title, body=body, draft=draft, labels=old.labels + wanted.labels)
        self._heads[at] = new.commit_id or self._heads[at]
        if wanted.body is not None:  # a title by hand stays a person's
            self._written[at] = new
        return PullRequest(url=self.url(at + 1), adopted=True, warnings=wanted.warnings)

    def _seen(self, at: int) -> SeenPullRequest:
        old, written = self.opened[at], self._written[at]
        return SeenPullRequest(
            url=self.url(at + 1),
            base=old.base,
            from_fork=False,
            title=old.title,
            body=old.body + (mark(written.title, written.body, written.run_id) if written else ""),
            draft=old.draft,
            labels=old.labels,
            state=self.states[at],
            head_commit=self._head(at),
        )

    def _head(self, at: int) -> str:
        """Of an open one nobody tells what it is, unless they can look at its branch."""
        return self._tip(self.opened[at].branch) if self.states[at] == "OPEN" else self._heads[at]

    @staticmethod
    def url(number: int) -> str:
        return f"https://forge.example.org/acme/widget/pull/{number}"
