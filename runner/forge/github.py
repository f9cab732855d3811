"""Pull requests on GitHub, opened by `gh`: one per branch and base, whatever gets lost on the way."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.errors import GhFailed
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.forge.remote import RemoteRepository, pull_request_place
from runner.gh import Gh, GhAnswer, Said

RETRY_AFTER_S = 2.0

_MADE = frozenset({Said.CREATED, Said.LABELS_FAILED, Said.EXISTS})
_UNSURE = frozenset({*_MADE, Said.SERVER_ERROR, Said.NO_NETWORK, Said.TIMED_OUT, Said.OTHER})
"""After these nobody knows whether the pull request exists before looking."""
_PASSING = frozenset({Said.SERVER_ERROR, Said.NO_NETWORK})

_PUSHED = "nothing is lost, the branch is pushed: try again later"
_PROBLEMS = {
    Said.NOT_AUTHENTICATED: (
        "gh is not signed in to {host}",
        "run `gh auth login --hostname {host}`, or set GH_TOKEN (GH_ENTERPRISE_TOKEN for a server of your own)",
    ),
    Said.FORBIDDEN: (
        "gh may not open pull requests in {repository}: {detail}",
        "its token needs the right to write pull requests there; `gh auth status` shows which token it is",
    ),
    Said.RATE_LIMITED: (
        "{host} wants fewer requests: {detail}",
        "nothing is lost, the branch is pushed: `gh api rate_limit` says when it goes on",
    ),
    Said.NO_NETWORK: ("gh cannot reach {host}: {detail}", f"check the connection and the proxy; {_PUSHED}"),
    Said.SERVER_ERROR: ("{host} failed: {detail}", _PUSHED),
    Said.TIMED_OUT: ("{host} did not answer: {detail}", _PUSHED),
    Said.HEAD_NOT_PUSHED: ("{repository} has no branch {branch}", "push it first: git push origin {branch}"),
    Said.BASE_MISSING: (
        "{repository} has no branch {base} to merge into",
        "name another one with --base or `[pull_request] base`",
    ),
    Said.NO_COMMITS: ("{branch} has no commit that {base} lacks", "there is nothing to merge"),
    Said.NOT_FOUND: (
        "gh sees no repository {repository}",
        "check the address of the remote, and that gh's token may read it",
    ),
}
_NO_ADDRESS = (
    "gh answered {url}, which is no pull request of {repository}",
    "look at the pull requests of {repository} before you try again",
)
_ODD = ("gh could not open the pull request: {detail}", "`gh pr create --repo {repository}` may say more")


class GitHubForge:
    """Opens pull requests in one repository. A repeat adopts; a label that does not work is only a warning."""

    def __init__(
        self, gh: Gh, repository: RemoteRepository, *, pause: Callable[[float], object] = time.sleep
    ) -> None:
        """`pause` waits that many seconds before the second try after a failure that may pass."""
        self._gh, self._repository, self._pause = gh, repository, pause

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Open one for the branch, or adopt the open one of the same branch and base.

        Raises:
            GhFailed: gh or the host cannot, or will not; the hint says what to do.
            Stopped: told to stop meanwhile; a repeat adopts what came of it.
        """
        answer, warnings = self._ask(new)
        opened = self._outcome(answer, new, warnings)
        if opened is None and answer.said in _PASSING:
            self._pause(RETRY_AFTER_S)
            answer, warnings = self._ask(new)
            opened = self._outcome(answer, new, warnings)
        if opened is None:
            raise self._failure(answer, new)
        return opened

    def _ask(self, new: NewPullRequest) -> tuple[GhAnswer, tuple[str, ...]]:
        """gh's answer, after giving up what the repository does not know: the pull request matters more."""
        labels, draft = new.labels, new.draft
        warnings: tuple[str, ...] = ()
        while True:
            answer = self._gh.pull_request_create(
                str(self._repository),
                title=new.title,
                body=new.body,
                base=new.base,
                head=new.branch,
                draft=draft,
                labels=labels,
            )
            if answer.said is Said.UNKNOWN_LABEL and labels:
                known = tuple(label for label in labels if label.lower() != answer.label.lower())
                labels = known if len(known) < len(labels) else ()
                warnings += (f"{self._repository} has no label {answer.label!r}: left out",)
            elif answer.said is Said.NO_DRAFTS and draft:
                draft = False
                warnings += (f"{self._repository} takes no drafts: opened as ready for review",)
            else:
                return answer, warnings

    def _outcome(
        self, answer: GhAnswer, new: NewPullRequest, warnings: tuple[str, ...]
    ) -> PullRequest | None:
        """What exists now; None if nothing does, as far as can be seen."""
        if answer.said is Said.LABELS_FAILED:
            warnings += (f"its labels could not be set: {answer.detail}",)
        if answer.said in _MADE and (moved := self._checked(answer.url)) is not None:
            return PullRequest(
                url=answer.url, adopted=answer.said is Said.EXISTS, warnings=(*warnings, *moved)
            )
        if answer.said in _UNSURE and (found := self._find(new)) is not None:
            url, moved = found
            lost = () if answer.said is Said.EXISTS else ("gh's answer got lost, but it is there",)
            return PullRequest(url=url, adopted=True, warnings=(*warnings, *lost, *moved))
        return None

    def _find(self, new: NewPullRequest) -> tuple[str, tuple[str, ...]] | None:
        """The address of the open pull request of our branch and base, with warnings; a fork's is not ours."""
        try:
            listed = self._gh.pull_request_view(str(self._repository), new.branch)
        except GhFailed:
            return None  # the first failure is the one to tell
        for seen in listed:
            if (
                seen.base == new.base
                and not seen.from_fork
                and (moved := self._checked(seen.url)) is not None
            ):
                return seen.url, moved
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

    def _failure(self, answer: GhAnswer, new: NewPullRequest) -> GhFailed:
        message, hint = _NO_ADDRESS if answer.said in _MADE else _PROBLEMS.get(answer.said, _ODD)
        words = {
            "host": self._repository.host,
            "repository": str(self._repository),
            "branch": new.branch,
            "base": new.base,
            "detail": answer.detail,
            "url": repr(answer.url[:200]),
        }
        return GhFailed(message.format(**words), hint=hint.format(**words))
