"""Pull requests on GitHub, opened by `gh`: one per branch and base, whatever gets lost on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from runner.errors import GhFailed
from runner.forge.access import why_not
from runner.forge.adoption import changes, is_unlike, left_alone
from runner.forge.ended import is_of_a_run, merged_already, merged_by_anybody
from runner.forge.failures import not_allowed, not_known, not_opened, not_seen
from runner.forge.marking import marked
from runner.forge.open_request import PASSING, RETRY_AFTER_S, OpenPullRequest
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.forge.remote import RemoteRepository, pull_request_number, pull_request_place
from runner.gh.api import ApiAnswer
from runner.gh.program import Gh, SeenPullRequest
from runner.gh.rate_limits import limit_ends
from runner.gh.words import GhAnswer, Said

_MADE = frozenset({Said.CREATED, Said.LABELS_FAILED})
_UNSURE = frozenset(
    {
        *(*_MADE, Said.EXISTS, Said.OTHER),
        *(Said.SERVER_ERROR, Said.NO_NETWORK, Said.TIMED_OUT, Said.ODD_ANSWER),
    }
)
"""After these nobody knows whether the pull request exists before looking."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class GitHubForge:
    """Opens pull requests in one repository. A repeat adopts; a label that does not work is only a warning."""

    def __init__(
        self,
        gh: Gh,
        repository: RemoteRepository,
        *,
        pause: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`pause` waits that many seconds before the second try after a failure that may pass."""
        self._gh, self._repository, self._pause, self._now = gh, repository, pause, now

    def check_access(self) -> None:
        """Ask the host once whether it takes gh's token, and whether that may write to the repository.

        Raises:
            GhFailed: "refused" or "later", see the protocol.
            Stopped: told to stop meanwhile.
        """
        answer = self._look()
        if answer.said in PASSING:
            self._pause(RETRY_AFTER_S)
            answer = self._look()
        if answer.said is not None:
            limited = answer.said is Said.RATE_LIMITED
            retry_at = limit_ends(answer, now=self._now()) if limited else None
            raise not_seen(answer.said, answer.detail, repository=self._repository, retry_at=retry_at)
        if why := why_not(answer):
            raise not_allowed(why, repository=self._repository)

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Open one for the branch, or adopt the open one of the same branch and base and bring it up to date.

        Of a run, its own that was merged already is returned instead.

        Raises:
            GhFailed: gh or the host cannot, or will not, or a person closed the run's own; the hint says what to do.
            Stopped: told to stop meanwhile; a repeat adopts what came of it.
        """
        if is_of_a_run(new) and (merged := merged_already(self._every_one(new, certain=False), new)):
            return _merged(merged, new)
        answer, opened = self._ask(new)
        if opened is None and answer.said in PASSING:
            self._pause(RETRY_AFTER_S)
            answer, opened = self._ask(new)
        if answer.said is Said.NO_COMMITS and is_of_a_run(new):
            merged = merged_by_anybody(self._every_one(new, certain=False), new)
            opened = None if merged is None else _merged(merged, new)
        if opened is None:
            limited = answer.said is Said.RATE_LIMITED
            retry_at = self._limit_ends() if limited else None
            raise not_opened(
                answer, repository=self._repository, branch=new.branch, base=new.base, retry_at=retry_at
            )
        return opened

    def find_merged(self, new: NewPullRequest) -> PullRequest | None:
        """The run's own that was merged already.

        Raises:
            GhFailed: gh cannot tell, or a person closed the run's own.
            Stopped: told to stop meanwhile.
        """
        merged = merged_already(self._every_one(new, certain=True), new)
        return None if merged is None else _merged(merged, new)

    def _every_one(self, new: NewPullRequest, *, certain: bool) -> tuple[SeenPullRequest, ...]:
        """The branch's pull requests of every state; if gh cannot tell, none unless it must be `certain`.

        Raises: GhFailed.
        """
        try:
            try:
                found = self._listed(new)
            except GhFailed as error:
                if error.kind != "later" or not certain:
                    raise
                self._pause(RETRY_AFTER_S)
                found = self._listed(new)
        except GhFailed as error:
            if certain:
                raise not_known(error, what=f"{new.branch} in {self._repository}") from error
            return ()  # to ask for a new one tells better what is wrong
        return tuple(one for one in found if self._checked(one.url) is not None)

    def _listed(self, new: NewPullRequest) -> tuple[SeenPullRequest, ...]:
        return self._gh.pull_request_view(str(self._repository), new.branch, ended_too=True)

    def _look(self) -> ApiAnswer:
        place = self._repository
        return self._gh.api(place.host, f"repos/{place.owner}/{place.name}")

    def _limit_ends(self) -> datetime:
        """gh keeps the headers of a refusal to itself; this question is free, and has them again."""
        return limit_ends(self._gh.api(self._repository.host, "rate_limit"), now=self._now())

    def _ask(self, new: NewPullRequest) -> tuple[GhAnswer, PullRequest | None]:
        """gh's answer and what exists now, after giving up what the repository does not know: the rest matters more."""
        warnings: tuple[str, ...] = ()
        while True:
            answer = self._create(new)
            if answer.said is Said.UNKNOWN_LABEL and new.labels:
                known = tuple(label for label in new.labels if label.lower() != answer.label.lower())
                new = replace(new, labels=known if len(known) < len(new.labels) else ())
                warnings += (f"{self._repository} has no label {answer.label!r}: left out",)
            elif answer.said is Said.NO_DRAFTS and new.draft:
                new = replace(new, draft=False)
                warnings += (f"{self._repository} takes no drafts: opened as ready for review",)
            else:
                return answer, self._outcome(answer, new, warnings)

    def _create(self, new: NewPullRequest) -> GhAnswer:
        return self._gh.pull_request_create(
            str(self._repository),
            title=new.title,
            body=marked(new.title, new.body, new.run_id),
            base=new.base,
            head=new.branch,
            draft=new.draft,
            labels=new.labels,
        )

    def _outcome(
        self, answer: GhAnswer, new: NewPullRequest, warnings: tuple[str, ...]
    ) -> PullRequest | None:
        """What exists now; None if nothing does, as far as can be seen."""
        if answer.said is Said.LABELS_FAILED:
            warnings += (f"its labels could not be set: {answer.detail}",)
        moved = self._checked(answer.url) if answer.url else None
        if answer.said in _MADE and moved is not None:
            return PullRequest(url=answer.url, warnings=(*warnings, *moved))
        if answer.said not in _UNSURE:
            return None
        try:
            found = self._find_newest(new)
        except GhFailed as error:  # of two failures the first is the one to tell
            if answer.said is not Said.EXISTS or moved is None:
                return None
            unseen = f"it is open already, but could not be looked at and brought up to date: {error}"
            unsure = is_of_a_run(new)
            return PullRequest(
                url=answer.url, adopted=True, unlike=unsure, warnings=(*warnings, *moved, unseen)
            )
        if found is None:
            return None
        lost = () if answer.said is Said.EXISTS else ("gh's answer got lost, but it is there",)
        opened = self._adopted(found, new)
        return replace(opened, warnings=(*warnings, *lost, *opened.warnings))

    def _adopted(self, found: tuple[SeenPullRequest, tuple[str, ...]], new: NewPullRequest) -> PullRequest:
        """The open one, brought up to date unless it is about another commit."""
        seen, moved = found
        if is_unlike(seen, new):
            return left_alone(seen.url, seen.head_commit, moved)
        place = pull_request_place(seen.url) or self._repository
        wanted = changes(seen, new)
        request = OpenPullRequest(self._gh, place, pull_request_number(seen.url), pause=self._pause)
        failed = request.change(wanted)
        return PullRequest(url=seen.url, adopted=True, warnings=(*moved, *wanted.warnings, *failed))

    def _find_newest(self, new: NewPullRequest) -> tuple[SeenPullRequest, tuple[str, ...]] | None:
        """The same, with a second look if it has another commit: a host may need a moment after a push."""
        found = self._find(new)
        if found is not None and is_unlike(found[0], new):
            self._pause(RETRY_AFTER_S)
            found = self._find(new)
        return found

    def _find(self, new: NewPullRequest) -> tuple[SeenPullRequest, tuple[str, ...]] | None:
        """The open pull request of our branch and base, with warnings; a fork's is not ours. Raises: GhFailed."""
        for seen in self._gh.pull_request_view(str(self._repository), new.branch):
            if seen.base != new.base or seen.from_fork:
                continue
            if (moved := self._checked(seen.url)) is not None:
                return seen, moved
        return None

    def _checked(self, url: str) -> tuple[str, ...] | None:
        """Warnings about an address that gh told; None if it is not one of this repository's pull requests."""
        place = pull_request_place(url)
        if place is None or place.host != self._repository.host:
            return None
        if self._repository.is_named(place.owner, place.name):
            return ()
        return self._renamed(place)

    def _renamed(self, place: RemoteRepository) -> tuple[str, ...] | None:
        try:
            name = self._gh.repository_name(str(self._repository))
        except GhFailed:
            return None
        owner, _, bare = name.partition("/")
        if not place.is_named(owner, bare):
            return None
        return (f"{self._repository} is called {name} now: change the address of the remote",)


def _merged(seen: SeenPullRequest, new: NewPullRequest) -> PullRequest:
    return PullRequest(url=seen.url, adopted=True, state="merged", unlike=is_unlike(seen, new))
