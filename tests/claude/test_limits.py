"""When one may ask again, from events and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from runner.claude.limits import reset_at, tells_limit, utc_time
from runner.claude.outcome import Ending, Verdict, judge
from runner.claude.stream import StreamReader
from runner.tasks.model import Outcome
from tests.support.claude_lines import failed, init, window

NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
HERE = datetime(2026, 11, 22, 14, 0, 30, tzinfo=timezone(timedelta(hours=2)))
"""The same moment on a machine two hours east."""


def when(text: str, at: datetime | None = NOON) -> datetime | None:
    return reset_at({}, text, at)


def utc(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # As claude 2.1.330 said it, word for word.
        ("You've hit your 5-hour limit · resets 1:34pm (UTC)", utc(11, 22, 13, 34)),
        ("You've hit your weekly limit · resets Nov 25, 12:55pm (Europe/Berlin)", utc(11, 25, 11, 55)),
        ("You've hit your Opus limit · resets Nov 23, 12:35pm (UTC)", utc(11, 23, 12, 35)),
        (
            "API Error: 400 You have reached your specified API usage limits."
            " You will regain access on 2026-12-01 at 00:00 UTC.",
            utc(12, 1, 0),
        ),
        # Older versions.
        ("Claude AI usage limit reached|1800000000", utc(1, 15, 8, year=2027)),
        ("Claude AI usage limit reached|1800000000000", utc(1, 15, 8, year=2027)),
        ("5-hour limit reached ∙ resets 3pm", utc(11, 22, 15)),
        ("resets at 12am (UTC)", utc(11, 23, 0)),
        ("resets 12pm (UTC)", utc(11, 22, 12)),
        ("resets 9am (UTC)", utc(11, 23, 9)),
        ("resets Jan 2 at 3pm (UTC)", utc(1, 2, 15, year=2027)),
        ("resets Nov 22, 11am (UTC)", utc(11, 22, 11)),
        ("resets Feb 29, 2028, 1am (UTC)", utc(2, 29, 1, year=2028)),
        ("You will regain access on 2026-12-01 UTC", utc(12, 1, 0)),
    ],
)
def test_the_words_tell_when_it_resets(words: str, expected: datetime) -> None:
    assert when(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "resets Monday",
        "resets soon",
        "resets 25pm (UTC)",
        "resets 3:99pm (UTC)",
        "resets 3pm (No/Where)",
        "resets 3pm (/etc/passwd)",
        "resets Foo 25, 3pm (UTC)",
        "resets Feb 30, 3pm (UTC)",
        "resets Nov 25, 2020, 3pm (UTC)",
        "resets Nov 25, 0000, 3pm (UTC)",
        "You will regain access on 2026-13-77 at 00:00 UTC",
        "usage limit reached|99999999999",
        "Too many requests",
        "",
    ],
)
def test_words_that_make_no_sense_tell_nothing(words: str) -> None:
    assert when(words) is None


def test_a_time_without_a_zone_is_the_machines_own() -> None:
    assert when("limit reached · resets 3pm", HERE) == utc(11, 22, 13)


def test_a_clock_time_needs_the_moment_it_was_said() -> None:
    assert when("resets 3pm (UTC)", None) is None
    assert when("resets 3pm", datetime(2026, 11, 22, 12)) is None  # noqa: DTZ001 - that is the point


def test_a_minute_that_has_just_passed_is_not_tomorrow() -> None:
    assert when("resets 11:55am (UTC)") == utc(11, 22, 11, 55)


def test_the_clocks_going_back_do_not_move_the_reset() -> None:
    at = datetime(2026, 10, 24, 22, tzinfo=UTC)

    assert when("resets Oct 25, 9am (Europe/Berlin)", at) == utc(10, 25, 8)


def test_the_last_window_to_open_counts_and_goes_before_any_words() -> None:
    windows = {"five_hour": utc(11, 22, 13), "seven_day": utc(11, 24, 13), "opus": None}

    assert reset_at(windows, "resets 3pm (UTC)", NOON) == utc(11, 24, 13)
    assert reset_at({"five_hour": None}, "resets 3pm (UTC)", NOON) == utc(11, 22, 15)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("You've hit your 5-hour limit", True),
        ("You have reached your specified API usage limits.", True),
        ("Server is temporarily limiting requests (not your usage limit)", False),
        ("This would exceed your organization's rate limit of 30,000 input tokens per minute", False),
        ("API Error: Request rejected (429)", False),
    ],
)
def test_a_usage_limit_is_told_apart_from_a_busy_service(words: str, expected: bool) -> None:
    assert tells_limit(words) is expected


@pytest.mark.parametrize("seconds", [0, 10_000_000_000, 10**20])
def test_absurd_seconds_are_no_time(seconds: int) -> None:
    assert utc_time(seconds) is None


def judged(*lines: bytes, at: datetime | None = NOON) -> Verdict:
    reader = StreamReader()
    for line in (init(), *lines):
        reader.read(line)
    return judge(reader, Ending(exit_code=1, at=at))


def test_too_many_requests_without_a_reset_are_an_overload() -> None:
    assert judged(failed(429)).outcome is Outcome.OVERLOADED
    assert judged(failed(429, "limiting requests (not your usage limit)")).outcome is Outcome.OVERLOADED


def test_a_limit_in_words_gets_its_time_from_the_moment_of_the_end() -> None:
    words = "You've hit your 5-hour limit · resets 1:34pm (UTC)"

    assert judged(failed(429, words)) == Verdict(
        outcome=Outcome.LIMIT_UNTIL, text=words, retry_at=utc(11, 22, 13, 34)
    )


def test_a_limit_that_is_only_a_code_is_one_too() -> None:
    assert judged(failed(429, "No more.", api_error="usage_limit_reached")) == Verdict(
        outcome=Outcome.LIMIT_UNTIL, text="No more."
    )


def test_a_spend_limit_is_no_bad_request() -> None:
    words = "API Error: 400 You have reached your specified API usage limits. You will regain access on 2026-12-01"

    assert judged(failed(400, f"{words} at 00:00 UTC.")).retry_at == utc(12, 1, 0)
    assert judged(failed(400, words)).outcome is Outcome.LIMIT_UNTIL
    assert judged(window("rejected"), failed(400, "bad")).outcome is Outcome.INVALID_REQUEST
