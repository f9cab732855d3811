"""Text that does nothing when it becomes a commit message: no CI switches, trailers, closed issues; pure."""

from __future__ import annotations

import re
from collections.abc import Collection

_CI = (
    r"(?:ci|cd|actions|checks?|builds?|tests?|deploy|release|travis(?:[\s_-]*ci)?|circle(?:[\s_-]*ci)?|appveyor"
    r"|azp|azpipelines|azurepipelines|netlify|vercel|buildkite|jenkins|drone|cf[\s_-]*pages)"
)
_CI_SWITCH = re.compile(
    rf"\[\s*(?:skip[\s_-]*{_CI}|{_CI}[\s_-]*skip|no[\s_-]*ci)\s*\]|\*\*\*\s*no_ci\s*\*\*\*", re.IGNORECASE
)
_TRAILER = re.compile(
    r"[ \t>]*(?:[a-z]+(?:-[a-z]+)*-by|change-id|(?:skip|request)-checks)[ \t]*:", re.IGNORECASE | re.ASCII
)
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|implement(?:s|ed)?)\b"
    r"(?:\s*+[^\w#&\s]){0,16}\s*+(?:\[[^\n]{0,200}?\]\(\s*+)?"
    r"(?:(?P<place>https?://[^\s#?]{0,200}?/)(?:issues|pull)/"
    r"|(?P<repository>[\w.-]{1,100}/[\w.-]{1,100})?#|gh-)(?P<number>\d+)",
    re.IGNORECASE | re.ASCII,
)
"""Also where a link leads. Bounded everywhere but over blanks: five megabytes of keywords must not take hours."""
_MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])")


def without_ci_switches(text: str) -> str:
    """`[skip ci]` and its relatives become an ellipsis, so that what stands around them cannot join to a new one."""
    return _CI_SWITCH.sub("…", text)


def without_trailers(text: str) -> str:
    """Lines such as `Co-authored-by: ...` are dropped: a squash merge would make them true."""
    return "\n".join(line for line in text.split("\n") if not _TRAILER.match(line))


def without_closing(text: str, allowed: Collection[str] = ()) -> str:
    """`Closes #12` becomes `Closes # 12`, which closes nothing; also in code, which a squash merge copies as it is.

    `allowed` holds the references that may be closed, as `#12` or `owner/repo#12`.
    """
    kept = {reference.lower() for reference in allowed}
    return _CLOSES.sub(lambda found: found[0] if _reference(found) in kept else _opened(found), text)


def without_mentions(text: str) -> str:
    """`@name` becomes `@ name`, in text that is no Markdown."""
    return _MENTION.sub("@ ", text)


def closed_by(text: str) -> frozenset[str]:
    """What the text would close, as `#12` or `owner/repo#12` in lower case."""
    return frozenset(_reference(found) for found in _CLOSES.finditer(text))


def _reference(found: re.Match[str]) -> str:
    """What is closed, as `#12` or `owner/repo#12` in lower case."""
    path = found["place"] or found["repository"] or ""
    repository = "/".join(path.strip("/").split("/")[-2:])
    return f"{repository}#{found['number']}".lower()


def _opened(found: re.Match[str]) -> str:
    return found[0].removesuffix(found["number"]) + " " + found["number"]
