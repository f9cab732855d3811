"""The stand-in for a forge: the pull request is written into a folder, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from runner.forge.protocol import NewPullRequest, PullRequest
from runner.paths import private_folder, write_private


class LocalForge:
    """Writes `pull_request.md` and `pull_request.json` into `folder`; a second branch or base gets `-2`, and so on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """Write it down, or adopt what was written for the same branch and base.

        Raises:
            StoreFailed: the folder cannot be written to.
        """
        private_folder(self._folder)
        number = 1
        while (taken := _read(self._record(number))) is not None:
            if (taken.get("branch"), taken.get("base")) == (new.branch, new.base):
                return PullRequest(url=self._text(number).resolve().as_uri(), adopted=True)
            number += 1
        write_private(self._text(number), f"# {new.title}\n\n{new.body.rstrip()}\n".encode(errors="replace"))
        # The record comes last: only with it does the pull request exist.
        write_private(self._record(number), _as_json(new))
        return PullRequest(url=self._text(number).resolve().as_uri())

    def _text(self, number: int) -> Path:
        return self._folder / f"pull_request{_suffix(number)}.md"

    def _record(self, number: int) -> Path:
        return self._folder / f"pull_request{_suffix(number)}.json"


def _suffix(number: int) -> str:
    return "" if number == 1 else f"-{number}"


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


def _read(path: Path) -> dict[str, object] | None:
    """A record that was written; None if there is none that can be read, then it is written anew."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
