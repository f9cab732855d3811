"""The stand-in for a forge: the pull request is written into a folder, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from runner.forge.adoption import changes
from runner.forge.marking import mark, unmarked
from runner.forge.protocol import NewPullRequest, PullRequest
from runner.gh.program import SeenPullRequest
from runner.paths import private_folder, write_private


class LocalForge:
    """Writes `pull_request.md` and `pull_request.json` into `folder`; a second branch or base gets `-2`, and so on.

    Nobody can close or merge what stands in a file: here every pull request is open.
    """

    def __init__(self, folder: Path, *, warning: str = "") -> None:
        """`warning` goes with every pull request: why it is here and not where people expect it."""
        self._folder = folder
        self._warnings = (warning,) if warning else ()

    def check_access(self) -> None:
        """Nobody has to be asked."""

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Write it down, or bring up to date what was written for the same branch and base.

        Raises:
            StoreFailed: the folder cannot be written to.
        """
        private_folder(self._folder)
        number = 1
        while (written := _read(self._record(number))) is not None:
            if (written.branch, written.base) == (new.branch, new.base):
                return self._adopted(number, written, new)
            number += 1
        self._write(number, _as_text(new.title, new.body), new)
        return PullRequest(url=self._url(number), warnings=self._warnings)

    def find_merged(self, new: NewPullRequest) -> PullRequest | None:
        """None: nobody can merge it here."""

    def _adopted(self, number: int, written: NewPullRequest, new: NewPullRequest) -> PullRequest:
        seen = _seen(self._text(number), written)
        # The folder is one run's: its mark need not say whose.
        wanted = changes(seen, replace(new, run_id=""))
        title = seen.title if wanted.title is None else wanted.title
        body = unmarked(seen.body if wanted.body is None else wanted.body)
        ours = replace(
            written,
            # A title that came by hand stays a person's.
            title=written.title if wanted.body is None else new.title,
            body=written.body if wanted.body is None else new.body,
            draft=seen.draft if wanted.draft is None else wanted.draft,
            labels=(*written.labels, *wanted.labels),
        )
        self._write(number, _as_text(title, body), ours)
        told = (*self._warnings, *wanted.warnings)
        return PullRequest(url=self._url(number), adopted=True, warnings=told)

    def _write(self, number: int, text: bytes, record: NewPullRequest) -> None:
        """`text` is what people read and may edit, `record` what we wrote last."""
        write_private(self._text(number), text)
        # The record comes last: only with it does the pull request exist.
        write_private(self._record(number), _as_json(record))

    def _url(self, number: int) -> str:
        return self._text(number).resolve().as_uri()

    def _text(self, number: int) -> Path:
        return self._folder / f"pull_request{_suffix(number)}.md"

    def _record(self, number: int) -> Path:
        return self._folder / f"pull_request{_suffix(number)}.json"


def _suffix(number: int) -> str:
    return "" if number == 1 else f"-{number}"


def _as_text(title: str, body: str) -> bytes:
    return f"# {title}\n\n{body.rstrip()}\n".encode(errors="replace")


def _seen(path: Path, written: NewPullRequest) -> SeenPullRequest:
    """What people see now, with a mark that tells what we wrote; a text that is gone counts as unchanged."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = _as_text(written.title, written.body).decode()
    title, _, body = text.partition("\n")
    return SeenPullRequest(
        url="",
        base=written.base,
        from_fork=False,
        title=title.removeprefix("# "),
        body=body.strip() + mark(written.title, written.body),
        draft=written.draft,
        labels=written.labels,
    )


def _as_json(new: NewPullRequest) -> bytes:
    record = {
        "title": new.title,
        "branch": new.branch,
        "base": new.base,
        "draft": new.draft,
        "labels": list(new.labels),
        "body": new.body,
    }
    return (json.dumps(record, indent=2) + "\n").encode()


def _read(path: Path) -> NewPullRequest | None:
    """A record that was written; None if there is none that can be read, then it is written anew."""
    try:
        record = json.loads(path.read_bytes())
        return NewPullRequest(
            title=record["title"],
            body=record["body"],
            branch=record["branch"],
            base=record["base"],
            draft=bool(record["draft"]),
            labels=tuple(record["labels"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
