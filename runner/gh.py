"""The `gh` program: pull requests through it, and its answers told apart by their text.

gh ends with the same code whatever is wrong, so only its words count; they were collected from the real program.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from runner.errors import GhFailed, ProgramMissing
from runner.process.environment import child_environment
from runner.process.run import Completed, run
from runner.process.stop import Stop

PASSED = (
    *(
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "GH_HOST",
        "GH_CONFIG_DIR",
    ),
    "DBUS_SESSION_BUS_ADDRESS",  # where newer versions ask the desktop's keyring for the token
)
QUIET = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1", "CLICOLOR": "0"}
DETAIL_LIMIT = 300


class Said(StrEnum):
    """What gh's answer to `pr create` means."""

    CREATED = "created"
    LABELS_FAILED = "created, but its labels could not be set"
    EXISTS = "exists already"
    UNKNOWN_LABEL = "unknown label"
    NO_DRAFTS = "no drafts in this repository"
    NOT_AUTHENTICATED = "not signed in"
    FORBIDDEN = "not allowed"
    RATE_LIMITED = "too many requests"
    NO_NETWORK = "no connection"
    SERVER_ERROR = "the server failed"
    TIMED_OUT = "no answer in time"
    HEAD_NOT_PUSHED = "the branch is not there"
    BASE_MISSING = "the base branch is not there"
    NO_COMMITS = "nothing to merge"
    NOT_FOUND = "no such repository"
    OTHER = "something else"


_WORDS = tuple(
    (said, re.compile(words, re.IGNORECASE))
    for said, words in (
        (Said.EXISTS, r"pull request (?:for branch .* )?already exists(?::\s*(?P<url>\S+)| for )"),
        (Said.UNKNOWN_LABEL, r"could not add label: '(?P<label>.*)' not found"),
        (Said.HEAD_NOT_PUSHED, r"head ref must be a branch|head sha can't be blank|must first push the"),
        (Said.BASE_MISSING, r"base ref must be a branch|base sha can't be blank"),
        (Said.NO_COMMITS, r"no commits between "),
        (Said.NO_DRAFTS, r"draft pull requests are not supported"),
        (Said.NOT_FOUND, r"could not resolve to a |HTTP 404"),
        (Said.NOT_AUTHENTICATED, r"HTTP 401|bad credentials|gh auth login|no oauth token"),
        (Said.RATE_LIMITED, r"\brate limit|HTTP 429|submitted too quickly|abuse detection"),
        (
            Said.FORBIDDEN,
            r"HTTP 403|not accessible by |must be a collaborator|correct permissions|required scopes",
        ),
        (Said.SERVER_ERROR, r"HTTP 5\d\d|something went wrong while executing"),
        (
            Said.NO_NETWORK,
            r"error connecting to |\b(?:dial|read) tcp |proxyconnect tcp|: (?:unexpected )?EOF|: x509: ",
        ),
    )
)
"""In this order: a missing branch has no commits either. Every word that gh could have from us (a branch, a
repository) has no blank in it, so no rule may match without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GhAnswer:
    """One answer to `pr create`, understood. `url` and `label` are as gh wrote them, unchecked."""

    said: Said
    url: str = ""
    label: str = ""
    detail: str = ""
    """gh's own words on one line; empty when it was content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPullRequest:
    """An open pull request as gh lists it; `url` is unchecked."""

    url: str
    base: str
    from_fork: bool


def read_create(*, exit_code: int, stdout: str, stderr: str) -> GhAnswer:
    """What came of `gh pr create`; pure. An address on stdout means that the pull request exists."""
    url, detail = (stdout.split() or [""])[-1], _one_line(stderr)
    if exit_code == 0:
        return GhAnswer(said=Said.CREATED, url=url)
    if url:
        return GhAnswer(said=Said.LABELS_FAILED, url=url, detail=detail)
    for said, words in _WORDS:
        if found := words.search(stderr):
            groups = {name: text or "" for name, text in found.groupdict().items()}
            return GhAnswer(said=said, detail=detail, **groups)
    return GhAnswer(said=Said.OTHER, detail=detail or f"gh ended with {exit_code} and no word")


class Gh:
    """Calls gh in an empty folder, so that nothing of the checkout is read; `repository` is `HOST/OWNER/NAME`."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        program: str = "gh",
        timeout_s: float = 60.0,
        stop: Stop | None = None,
    ) -> None:
        self._environment = child_environment(environment, extra=PASSED, overrides=QUIET)
        self._program, self._timeout_s, self._stop = program, timeout_s, stop

    def available(self) -> bool:
        """Whether there is such a program on PATH; it is not started."""
        return shutil.which(self._program, path=self._environment.get("PATH", os.defpath)) is not None

    def knows(self, host: str) -> bool:
        """Whether gh has a token for this host; asks nobody outside. False too if gh cannot be run."""
        try:
            return self._call("auth", "token", f"--hostname={host}").exit_code == 0
        except GhFailed:
            return False

    def pull_request_create(
        self,
        repository: str,
        *,
        title: str,
        body: str,
        base: str,
        head: str,
        draft: bool = False,
        labels: Sequence[str] = (),
    ) -> GhAnswer:
        """Ask once for a pull request of a pushed branch.

        Raises:
            GhFailed: gh cannot be run, or the text cannot be handed to it.
            Stopped: told to stop while gh was running; the pull request may exist.
        """
        flags = [f"--repo={repository}", f"--title={title}", f"--base={base}", f"--head={head}"]
        flags += ["--draft"] if draft else []
        flags += [f"--label={_csv(label)}" for label in labels if label]
        done = self._call("pr", "create", *flags, "--body-file=body.md", body=body)
        if done.timed_out:
            return GhAnswer(said=Said.TIMED_OUT, detail=f"gh gave no answer in {self._timeout_s:g} s")
        return read_create(exit_code=done.exit_code, stdout=_text(done.stdout), stderr=_text(done.stderr))

    def pull_request_view(self, repository: str, branch: str) -> tuple[SeenPullRequest, ...]:
        """The open pull requests of the branch, newest first.

        Raises:
            GhFailed: gh cannot be run, was refused, or answered something else than a list of pull requests.
        """
        wanted = "--json=url,baseRefName,isCrossRepository"
        answer = self._json("pr", "list", f"--repo={repository}", f"--head={branch}", "--state=open", wanted)
        try:
            return tuple(_seen(row) for row in _list(answer))
        except (TypeError, KeyError) as error:
            raise GhFailed("gh listed something else than pull requests") from error

    def repository_name(self, repository: str) -> str:
        """`OWNER/NAME` as the host calls the repository now: it follows renames. Raises: GhFailed."""
        answer = self._json("repo", "view", repository, "--json=nameWithOwner")
        name = answer.get("nameWithOwner") if isinstance(answer, dict) else None
        return name if isinstance(name, str) else ""

    def _json(self, *arguments: str) -> object:
        done = self._call(*arguments)
        if done.exit_code != 0:
            raise GhFailed(_one_line(_text(done.stderr)) or f"gh ended with {done.exit_code} and no word")
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise GhFailed("gh answered something that is no JSON") from error

    def _call(self, *arguments: str, body: str = "") -> Completed:
        try:
            with tempfile.TemporaryDirectory(prefix="runner-gh-") as folder:
                _write(Path(folder) / "body.md", body)
                argv = [self._program, *map(_argument, arguments)]
                done = run(
                    argv, env=self._environment, cwd=Path(folder), timeout_s=self._timeout_s, stop=self._stop
                )
        except ProgramMissing as error:
            raise GhFailed(str(error), hint="install gh, or pass --no-pr") from error
        except OSError as error:
            raise GhFailed(f"no room for the text that gh should read: {error.strerror}") from error
        if done.stopped and self._stop is not None:
            self._stop.check()
        return done


def _argument(text: str) -> str:
    """What a program can be handed: no NUL, no half of a character."""
    return text.replace("\0", "").encode("utf-8", errors="replace").decode("utf-8")


def _write(path: Path, body: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.write(body)


def _list(answer: object) -> list[Any]:
    if not isinstance(answer, list):
        raise TypeError
    return answer


def _seen(row: Mapping[str, object]) -> SeenPullRequest:
    url, base, fork = row["url"], row["baseRefName"], row["isCrossRepository"]
    if not (isinstance(url, str) and isinstance(base, str) and isinstance(fork, bool)):
        raise TypeError
    return SeenPullRequest(url=url, base=base, from_fork=fork)


def _csv(label: str) -> str:
    """gh reads the value of `--label` as a line of CSV: a comma would make two labels of one."""
    return '"' + label.replace('"', '""') + '"' if any(mark in label for mark in ',"\r\n') else label


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")


def _one_line(text: str) -> str:
    """The first two lines, without control characters, at most 300 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:2]
    return "".join(mark if mark.isprintable() else " " for mark in "; ".join(lines))[:DETAIL_LIMIT]
