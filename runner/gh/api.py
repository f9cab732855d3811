"""What `gh api --include` prints, read: the status, the headers, the content; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.gh.words import Said, one_line, read_failure

_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ (?P<status>[1-5][0-9][0-9])\b[^\n]*\n")
_LIMIT_WORDS = re.compile(r"\brate limit|submitted too quickly|abuse detection", re.IGNORECASE)
_BY_STATUS = {
    401: Said.SIGN_IN_REFUSED,
    403: Said.FORBIDDEN,
    404: Said.NOT_FOUND,
    429: Said.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """One answer of a host's REST interface, or why there is none."""

    said: Said | None = None
    """What is wrong; None if nothing is."""
    status: int | None = None
    """None when no answer came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in small letters."""
    content: object = None
    """The JSON of a good answer."""
    detail: str = ""
    """What is wrong, in gh's words, on one line."""


def read_api(*, exit_code: int, stdout: str, stderr: str) -> ApiAnswer:
    """What came of `gh api --include`."""
    text = stdout.replace("\r\n", "\n")
    line = _STATUS_LINE.match(text)
    if line is None:
        failure = read_failure(exit_code=exit_code, stderr=stderr)
        return ApiAnswer(said=failure.said, detail=failure.detail)
    status = int(line["status"])
    head, _, body = text[line.end() :].partition("\n\n")
    headers = _headers(head)
    detail = one_line(stderr) or f"HTTP {status}"
    if said := _trouble(status, headers, detail):
        return ApiAnswer(said=said, status=status, headers=headers, detail=detail)
    try:
        return ApiAnswer(status=status, headers=headers, content=json.loads(body) if body.strip() else None)
    except ValueError:
        return ApiAnswer(said=Said.ODD_ANSWER, status=status, headers=headers, detail="the answer is no JSON")


def _headers(head: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.split("\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _trouble(status: int, headers: Mapping[str, str], detail: str) -> Said | None:
    if status < 300:
        return None
    if status in (403, 429) and is_limited(headers, detail):
        return Said.RATE_LIMITED
    return Said.SERVER_ERROR if status >= 500 else _BY_STATUS.get(status, Said.OTHER)


def is_limited(headers: Mapping[str, str], words: str) -> bool:
    """Whether a refusal is about too many requests, not about rights."""
    spent = headers.get("x-ratelimit-remaining") == "0"
    return spent or "retry-after" in headers or _LIMIT_WORDS.search(words) is not None
