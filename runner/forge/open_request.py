"""One open pull request on GitHub, changed through gh; what does not work is a warning, for it exists.

Title and text go through `gh api`: `gh pr edit` of all versions before 2.82 asks for boards that GitHub has taken
away, and fails whatever is to be changed. See https://github.com/cli/cli/issues/11983.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from runner.errors import GhFailed
from runner.forge.adoption import Changes
from runner.forge.remote import RemoteRepository
from runner.gh.api import ApiAnswer
from runner.gh.program import Gh
from runner.gh.words import GhAnswer, Said

RETRY_AFTER_S = 2.0

PASSING = frozenset({Said.SERVER_ERROR, Said.NO_NETWORK})
"""Worth a second try at once."""


class OpenPullRequest:
    """The one with this number; `pause` waits that many seconds before a second try."""

    def __init__(
        self, gh: Gh, repository: RemoteRepository, number: int, *, pause: Callable[[float], object]
    ) -> None:
        self._gh, self._repository, self._number, self._pause = gh, repository, number, pause

    def change(self, wanted: Changes) -> tuple[str, ...]:
        """Do what is wanted, and say what did not work.

        A draft comes first and a ready one last: who is told to look should find the new text.

        Raises: Stopped: told to stop meanwhile.
        """
        try:
            return tuple(self._steps(wanted))
        except GhFailed as error:
            return (f"it could not be brought up to date: {error}",)

    def _steps(self, wanted: Changes) -> Iterator[str]:
        if wanted.draft:
            yield from self._set_draft(draft=True)
        yield from self._set_text(wanted.title, wanted.body)
        yield from self._add_labels(wanted.labels)
        if wanted.draft is False:
            yield from self._set_draft(draft=False)

    def _set_draft(self, *, draft: bool) -> Iterator[str]:
        def ask() -> GhAnswer | None:
            return self._gh.pull_request_ready(str(self._repository), self._number, draft=draft)

        answer = ask()
        if answer is not None and answer.said in PASSING:
            self._pause(RETRY_AFTER_S)
            answer = ask()
        if answer is not None:
            yield f"it could not be made {'a draft' if draft else 'ready for review'}: {answer.detail}"

    def _set_text(self, title: str | None, body: str | None) -> Iterator[str]:
        content = {name: text for name, text in (("title", title), ("body", body)) if text is not None}
        if content:
            answer = self._ask(f"pulls/{self._number}", method="PATCH", content=content)
            if answer.said is not None:
                yield f"its {' and '.join(content)} could not be brought up to date: {answer.detail}"

    def _add_labels(self, labels: tuple[str, ...]) -> Iterator[str]:
        known = []
        for label in labels:
            # To add a label that is not there would make it.
            answer = self._ask(f"labels/{quote(label, safe='')}")
            if answer.said is None:
                known.append(label)
            elif answer.said is Said.NOT_FOUND:
                yield f"{self._repository} has no label {label!r}: left out"
            else:
                yield f"its label {label!r} could not be set: {answer.detail}"
        if known:
            answer = self._ask(f"issues/{self._number}/labels", method="POST", content={"labels": known})
            if answer.said is not None:
                yield f"its labels could not be set: {answer.detail}"

    def _ask(
        self, inside: str, *, method: str = "GET", content: Mapping[str, object] | None = None
    ) -> ApiAnswer:
        path = f"repos/{self._repository.owner}/{self._repository.name}/{inside}"
        answer = self._gh.api(self._repository.host, path, method=method, content=content)
        if answer.said in PASSING:
            self._pause(RETRY_AFTER_S)
            answer = self._gh.api(self._repository.host, path, method=method, content=content)
        return answer
