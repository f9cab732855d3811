"""The fault table of the forge: what goes wrong between the real gh and GitHub, and what the run is told.

`python -m tests.faults.forge_table` prints it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import GhFailed
from runner.forge.github import GitHubForge
from runner.forge.protocol import NewPullRequest
from runner.forge.remote import RemoteRepository
from runner.gh.program import Gh
from tests.peers.github import HOST, GitHub, Trouble
from tests.support.branches import bare_with_branches

REPOSITORY = RemoteRepository(host=HOST, owner="acme", name="widget")
NEW = NewPullRequest(
    title="Fix the clock", body="It runs now.", branch="feat/x", base="main", labels=("bug",)
)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def _nothing(_: GitHub) -> None:
    """All is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; `prepare` is done to a fresh GitHub."""

    name: str
    prepare: Callable[[GitHub], None] = _nothing
    environment: Mapping[str, str] = field(default_factory=dict)
    branch: str = "feat/x"
    base: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of it. `check` is what is told before any money is spent, `opening` what after the push."""

    check: str
    opening: str
    tries: int
    """How often gh was asked for a pull request."""
    pulls: int
    """How many there are on the server afterwards."""
    message: str
    """What the opening says: the error, or its warnings."""


def failing(trouble: Trouble, operation: str = "", *, times: int | None = None) -> Callable[[GitHub], None]:
    return lambda github: github.trouble(trouble, operation=operation, times=times)


def _read_only(github: GitHub) -> None:
    github.state.may_push = False
    github.trouble(Trouble.FORBIDDEN_FIELD, operation="PullRequestCreate", times=None)


def _lost_and_blind(github: GitHub) -> None:
    github.trouble(Trouble.LOST_REPLY, operation="PullRequestCreate")
    github.trouble(Trouble.SERVER_ERROR, operation="PullRequestList", times=None)


def _not_seen(github: GitHub) -> None:
    github.state.name = "elsewhere"


def _opened_before(github: GitHub) -> None:
    forge_of(github, Fault(name="")).open_pull_request(NEW)


FAULTS = (
    Fault(name="nothing"),
    Fault(name="it is open already", prepare=_opened_before),
    Fault(
        name="reply of `gh pr create` lost",
        prepare=failing(Trouble.LOST_REPLY, "PullRequestCreate", times=1),
    ),
    Fault(name="the same, and no list to be had", prepare=_lost_and_blind),
    Fault(name="502 once", prepare=failing(Trouble.SERVER_ERROR, times=1)),
    Fault(
        name="502 once, at the creation", prepare=failing(Trouble.SERVER_ERROR, "PullRequestCreate", times=1)
    ),
    Fault(name="502 always", prepare=failing(Trouble.SERVER_ERROR)),
    Fault(name="connection cut once", prepare=failing(Trouble.RESET, times=1)),
    Fault(
        name="label refused after the creation",
        prepare=failing(Trouble.FORBIDDEN_FIELD, "PullRequestCreateMetadata"),
    ),
    Fault(name="the hour's requests are spent", prepare=failing(Trouble.RATE_LIMIT)),
    Fault(name="the same, as a GraphQL error", prepare=failing(Trouble.RATE_LIMIT_FIELD)),
    Fault(name="too fast (secondary limit)", prepare=failing(Trouble.SECONDARY_LIMIT)),
    Fault(name="no right to write", prepare=_read_only),
    Fault(name="repository not seen", prepare=_not_seen),
    Fault(name="single sign-on wanted", prepare=failing(Trouble.SSO)),
    Fault(name="not signed in", environment={"GH_TOKEN": ""}),
    Fault(name="token refused (401)", prepare=failing(Trouble.UNAUTHORIZED)),
    Fault(name="no network", environment={"HTTP_PROXY": "http://127.0.0.1:1"}),
    Fault(name="no answer", prepare=failing(Trouble.HANG)),
    Fault(name="a sign-in page instead", prepare=failing(Trouble.NOT_JSON)),
    Fault(name="no gh", environment={"PATH": "/nowhere"}),
    Fault(name="base branch missing", base="gone"),
    Fault(name="branch not pushed", branch="feat/gone"),
    Fault(name="nothing to merge", branch="next"),
)


def forge_of(github: GitHub, fault: Fault, pauses: list[float] | None = None) -> GitHubForge:
    """The real gh in front of this GitHub; it waits for nothing, and gives up a silent host soon."""
    environment = {**os.environ, **github.environment, **fault.environment}
    slow = 0.5 if fault.name == "no answer" else 30.0
    gh = Gh(environment=environment, timeout_s=slow)
    return GitHubForge(gh, REPOSITORY, pause=(pauses if pauses is not None else []).append, now=lambda: NOW)


def row_of(fault: Fault, folder: Path) -> Row:
    """Try both acts, each against a GitHub of its own."""
    with GitHub(bare_with_branches(folder / "check.git").path) as github:
        fault.prepare(github)
        check = _check(forge_of(github, fault))
    pauses: list[float] = []
    with GitHub(bare_with_branches(folder / "open.git").path) as github:
        fault.prepare(github)
        opening, message = _open(forge_of(github, fault, pauses), fault)
        return Row(
            check=check, opening=opening, tries=len(pauses) + 1, pulls=len(github.pulls), message=message
        )


def _check(forge: GitHubForge) -> str:
    try:
        forge.check_access()
    except GhFailed as error:
        return _told(error)
    return "fine"


def _open(forge: GitHubForge, fault: Fault) -> tuple[str, str]:
    new = NewPullRequest(
        title=NEW.title, body=NEW.body, branch=fault.branch, base=fault.base, labels=NEW.labels
    )
    try:
        made = forge.open_pull_request(new)
    except GhFailed as error:
        return _told(error), str(error)
    return "adopted" if made.adopted else "opened", "; ".join(made.warnings)


def _told(error: GhFailed) -> str:
    """The sort of trouble and, if the host says it, how long to wait: to half a minute, for the clock ticks."""
    if error.retry_at is None:
        return error.kind
    minutes = round((error.retry_at - NOW).total_seconds() / 30) / 2
    return f"{error.kind}, in {minutes:g} min"


def table() -> str:
    """The whole table in Markdown."""
    lines = [
        "| what goes wrong | check before the work | opening | tries | on the server | words |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            row = row_of(fault, Path(folder))
        message = row.message.replace("|", "\\|")
        lines.append(
            f"| {fault.name} | {row.check} | {row.opening} | {row.tries} | {row.pulls} | {message} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - that is what it is for
