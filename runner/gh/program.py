"""Calls the `gh` program, away from the checkout; what it says is told apart in `words` and `api`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import GhFailed, ProgramMissing
from runner.gh.api import ApiAnswer, read_api
from runner.gh.words import GhAnswer, Said, read_create, read_failure
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
TEXT_FILE = "text"
"""What gh reads a body from, in the empty folder that it runs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPullRequest:
    """A pull request as gh lists it; `url` is unchecked."""

    url: str
    base: str
    from_fork: bool
    title: str = ""
    body: str = ""
    draft: bool = False
    labels: tuple[str, ...] = ()
    state: str = "OPEN"
    """Or `CLOSED`, or `MERGED`."""
    head_commit: str = ""
    """The id of its newest commit; of one that ended, as it was then, also when its branch is gone."""


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
        done = self._call("pr", "create", *flags, f"--body-file={TEXT_FILE}", text=body)
        if done.timed_out:
            return self._no_answer()
        return read_create(exit_code=done.exit_code, stdout=_text(done.stdout), stderr=_text(done.stderr))

    def pull_request_ready(self, repository: str, number: int, *, draft: bool) -> GhAnswer | None:
        """Make an open one ready for review, or a draft again; None if it is that now, else why it is not.

        Raises: GhFailed: gh cannot be run. Stopped: told to stop meanwhile.
        """
        undo = ["--undo"] if draft else []  # gh knows it since 2.16
        return self._failure(self._call("pr", "ready", str(number), f"--repo={repository}", *undo))

    def pull_request_view(
        self, repository: str, branch: str, *, ended_too: bool = False
    ) -> tuple[SeenPullRequest, ...]:
        """The open pull requests of the branch, or those of every state; newest first.

        Raises:
            GhFailed: gh cannot be run, was refused, or answered something else than a list of pull requests.
        """
        wanted = "--json=url,baseRefName,isCrossRepository,title,body,isDraft,labels,state,headRefOid"
        state = f"--state={'all' if ended_too else 'open'}"
        answer = self._json("pr", "list", f"--repo={repository}", f"--head={branch}", state, wanted)
        try:
            return tuple(_seen(row) for row in _list(answer))
        except (TypeError, KeyError) as error:
            raise GhFailed("gh listed something else than pull requests", kind="later") from error

    def repository_name(self, repository: str) -> str:
        """`OWNER/NAME` as the host calls the repository now: it follows renames. Raises: GhFailed."""
        answer = self._json("repo", "view", repository, "--json=nameWithOwner")
        name = answer.get("nameWithOwner") if isinstance(answer, dict) else None
        return name if isinstance(name, str) else ""

    def api(
        self, host: str, path: str, *, method: str = "GET", content: Mapping[str, object] | None = None
    ) -> ApiAnswer:
        """One request to the host's REST interface; `content` is sent as JSON.

        Raises: GhFailed: gh cannot be run. Stopped: told to stop meanwhile.
        """
        flags = [f"--hostname={host}", f"--method={method}", "--include", path]
        flags += [] if content is None else [f"--input={TEXT_FILE}"]
        done = self._call("api", *flags, text="" if content is None else json.dumps(content))
        if done.timed_out:
            failure = self._no_answer()
            return ApiAnswer(said=failure.said, detail=failure.detail)
        return read_api(exit_code=done.exit_code, stdout=_text(done.stdout), stderr=_text(done.stderr))

    def _json(self, *arguments: str) -> object:
        done = self._call(*arguments)
        if failure := self._failure(done):
            raise GhFailed(failure.detail, kind=failure.said.trouble)
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise GhFailed("gh answered something that is no JSON", kind="later") from error

    def _failure(self, done: Completed) -> GhAnswer | None:
        if done.timed_out:
            return self._no_answer()
        if done.exit_code == 0:
            return None
        return read_failure(exit_code=done.exit_code, stderr=_text(done.stderr))

    def _no_answer(self) -> GhAnswer:
        return GhAnswer(said=Said.TIMED_OUT, detail=f"gh gave no answer in {self._timeout_s:g} s")

    def _call(self, *arguments: str, text: str = "") -> Completed:
        try:
            with tempfile.TemporaryDirectory(prefix="runner-gh-") as folder:
                _write(Path(folder) / TEXT_FILE, text)
                argv = [self._program, *map(_argument, arguments)]
                done = run(
                    argv, env=self._environment, cwd=Path(folder), timeout_s=self._timeout_s, stop=self._stop
                )
        except ProgramMissing as error:
            raise GhFailed(str(error), hint="install gh, or pass --no-pr", kind="refused") from error
        except OSError as error:
            raise GhFailed(
                f"no room for the text that gh should read: {error.strerror}",
                hint="free some space in the folder for temporary files",
                kind="refused",
            ) from error
        if done.stopped and self._stop is not None:
            self._stop.check()
        return done


def _argument(text: str) -> str:
    """What a program can be handed: no NUL, no half of a character."""
    return text.replace("\0", "").encode("utf-8", errors="replace").decode("utf-8")


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.write(text)


def _list(answer: object) -> list[Any]:
    if not isinstance(answer, list):
        raise TypeError
    return answer


def _seen(row: Mapping[str, object]) -> SeenPullRequest:
    url, base, fork = row["url"], row["baseRefName"], row["isCrossRepository"]
    title, body, draft = row["title"], row["body"], row["isDraft"]
    state, head = row["state"], row["headRefOid"]
    labels = tuple(label["name"] for label in _list(row["labels"]))
    if not all(isinstance(text, str) for text in (url, base, title, body, state, head, *labels)):
        raise TypeError
    if not (isinstance(fork, bool) and isinstance(draft, bool)):
        raise TypeError
    return SeenPullRequest(
        url=str(url),
        base=str(base),
        from_fork=fork,
        title=str(title),
        body=str(body),
        draft=draft,
        labels=labels,
        state=str(state),
        head_commit=str(head),
    )


def _csv(label: str) -> str:
    """gh reads the value of `--label` as a line of CSV: a comma would make two labels of one."""
    return '"' + label.replace('"', '""') + '"' if any(mark in label for mark in ',"\r\n') else label


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")
