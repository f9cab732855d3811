"""How the issues are written that a task's pull request closes; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.errors import UsageProblem

MAX_ISSUES = 20
"""Of one task."""

# Compiled when they are first used, as in `text`.
_REPOSITORY = r"(?P<repository>[A-Za-z0-9][A-Za-z0-9_.-]{0,99}/(?!\.{1,2}[#/])[A-Za-z0-9_.-]{1,100})"
_NUMBER = r"(?P<number>[1-9][0-9]{0,9})"
_SHORT = rf"(?:{_REPOSITORY}?#)?{_NUMBER}"
_ADDRESS = rf"(?i:https)://(?P<host>[A-Za-z0-9.-]{{1,253}})/{_REPOSITORY}/issues/{_NUMBER}/?(?:[?#]\S*)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue; as text it is `#12`, `owner/repo#12`, or its address where that was given."""

    number: int
    repository: str = ""
    """`owner/repo`; empty for the repository that the pull request goes to."""
    host: str = ""
    """In lower case, known from an address only; empty for the pull request's own."""

    def __str__(self) -> str:
        if self.host:
            return f"https://{self.host}/{self.repository}/issues/{self.number}"
        return f"{self.repository}#{self.number}"


def read_issue(text: str) -> Issue | None:
    """What `12`, `#12`, `owner/repo#12` or an issue's https address names; None for anything else."""
    stripped = text.strip()
    if found := re.fullmatch(_SHORT, stripped):
        return Issue(number=int(found["number"]), repository=found["repository"] or "")
    if found := re.fullmatch(_ADDRESS, stripped):
        host = found["host"].lower()
        return Issue(number=int(found["number"]), repository=found["repository"], host=host)
    return None


def issue_reference(text: str) -> str:
    """The issue in the form in which the queue keeps it. Raises: UsageProblem."""
    issue = read_issue(text)
    if issue is None:
        raise UsageProblem(
            f"{text[:100]!r} is no issue", hint="write 12, #12, owner/repo#12 or the issue's https address"
        )
    return str(issue)
