"""When may one ask again? Usage limits as claude tells them, in events and in words; pure.

Seen with claude 2.1.330 (tests/claude/test_limits_told.py): signed in with a subscription, a 429 with the
`anthropic-ratelimit-unified-*` headers becomes a `rate_limit_event` (`rejected`, `resetsAt`, `rateLimitType`), and the
result says "You've hit your 5-hour limit · resets 1:34pm (UTC)". A subscription's 429 without these headers becomes an
event that is `rejected` too, but names neither window nor time ("not your usage limit"): that is an overload. With an
API key nothing of any header is told but the delay of a retry; a 400 tells in words when a spend limit ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

_LIMIT = re.compile(
    r"(?:usage|session|weekly|daily|opus|sonnet|\d-hour) limit reached|hit your .{0,30}limit"
    r"|reached your specified API usage limits",
    re.IGNORECASE,
)
"""A person's or an organisation's limit; requests per minute and an overloaded service read otherwise."""

_NOT_A_LIMIT = re.compile(r"not your usage limit", re.IGNORECASE)

_SECONDS = re.compile(r"limit reached\|(\d{9,13})\b", re.IGNORECASE)
"""Older versions put the time (seconds since 1970) behind a bar."""

_CLOCK = re.compile(
    r"\bresets(?: on| at)? (?:(?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2})(?:, (?P<year>\d{4}))?,?(?: at)? )?"
    r"(?P<hour>0?[1-9]|1[0-2])(?::(?P<minute>\d{2}))? ?(?P<half>[ap])m\b(?: \((?P<zone>[\w/+-]+)\))?",
    re.IGNORECASE,
)
"""`resets 3pm`, `resets 1:34pm (UTC)`, `resets Nov 25, 12:55pm (Europe/Berlin)`."""

_REGAIN = re.compile(r"\bregain access on (\d{4}-\d{2}-\d{2})(?: at (\d{2}:\d{2}))? UTC", re.IGNORECASE)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def tells_limit(text: str) -> bool:
    """Whether the words are about a usage limit, with or without the time it ends."""
    return _LIMIT.search(text) is not None and _NOT_A_LIMIT.search(text) is None


def reset_at(windows: Mapping[str, datetime | None], text: str, at: datetime | None) -> datetime | None:
    """When the last of the closed windows opens, in UTC; None if nobody told.

    The events are exact. Words count only without them: they tell minutes, and a clock time only together with
    `at`, the moment they were said, aware, in the zone that holds for a time without one.
    """
    times = tuple(until for until in windows.values() if until is not None)
    return max(times) if times else _in_words(text, at)


def utc_time(seconds: int) -> datetime | None:
    """Seconds since 1970 (milliseconds are recognised by their size) as UTC; None for 0 and the absurd."""
    if seconds > 100_000_000_000:
        seconds //= 1000
    if not 0 < seconds < 10_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


def _in_words(text: str, at: datetime | None) -> datetime | None:
    if seconds := _SECONDS.search(text):
        return utc_time(int(seconds[1]))
    if day := _REGAIN.search(text):
        return _parsed(f"{day[1]}T{day[2] or '00:00'}+00:00")
    clock = _CLOCK.search(text)
    return _next(clock, at) if clock is not None and at is not None else None


def _parsed(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def _next(clock: re.Match[str], at: datetime) -> datetime | None:
    """The first such time that is not over yet; what was told lately may just have passed."""
    zone = _zone(clock["zone"]) if clock["zone"] else at.tzinfo
    if zone is None:
        return None
    now = at.astimezone(zone)
    not_before = now - (timedelta(days=1) if clock["month"] else timedelta(minutes=10))
    found = next((time for time in _times(clock, now) if time > not_before), None)
    return found.astimezone(UTC) if found is not None else None


def _times(clock: re.Match[str], now: datetime) -> Iterator[datetime]:
    """That time of the day on the days it could mean; a day that does not exist is left out."""
    hour = int(clock["hour"]) % 12 + (12 if clock["half"].lower() == "p" else 0)
    for year, month, day in _days(clock, now):
        try:
            yield datetime(year, month, day, hour, int(clock["minute"] or 0), tzinfo=now.tzinfo)
        except ValueError:
            continue


def _days(clock: re.Match[str], now: datetime) -> tuple[tuple[int, int, int], ...]:
    if not clock["month"]:
        later = now + timedelta(days=1)
        return ((now.year, now.month, now.day), (later.year, later.month, later.day))
    name = clock["month"].lower()
    month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
    years = (int(clock["year"]),) if clock["year"] else (now.year, now.year + 1)
    return tuple((year, month, int(clock["day"])) for year in years)


def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # seldom needed

    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        return None
