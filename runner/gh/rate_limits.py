"""How long a host that wants fewer requests wants to be left alone; pure.

GitHub has two sorts of limits: the hour's requests (they come back at a time that it tells), and one against haste,
of which it tells at most how many seconds to wait; else it asks for a minute.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from runner.gh.api import ApiAnswer

HASTE_S = 60
MOST_S = 24 * 3600
"""Whatever a header says."""

RESOURCES = ("graphql", "core")
"""The two purses that our calls are paid from."""


def limit_ends(answer: ApiAnswer, *, now: datetime) -> datetime:
    """When to ask again, after an answer that a limit turned down, or after `GET /rate_limit`.

    The host's times are taken as distances from its own clock, so that ours may be wrong.
    """
    theirs = _date(answer.headers) or now
    told = _told(answer.headers, theirs)
    resets = [reset - theirs.timestamp() for reset in _spent(answer.content)]
    wait_s = told if told is not None else max(resets, default=float(HASTE_S))
    return now + timedelta(seconds=min(max(math.ceil(wait_s), 1), MOST_S))


def _told(headers: Mapping[str, str], theirs: datetime) -> float | None:
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if _is_number(after):
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" and _is_number(reset):
        return int(reset) - theirs.timestamp()
    return None


def _spent(content: object) -> Iterator[float]:
    """When the purses that are empty are filled again, as seconds since 1970."""
    resources = content.get("resources") if isinstance(content, dict) else None
    if not isinstance(resources, dict):
        return
    for purse in (resources.get(name) for name in RESOURCES):
        if isinstance(purse, dict) and purse.get("remaining") == 0 and isinstance(purse.get("reset"), int):
            yield purse["reset"]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _date(headers: Mapping[str, str]) -> datetime | None:
    from email.utils import parsedate_to_datetime  # it loads much, and only for a limit

    try:
        date = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
