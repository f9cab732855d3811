"""What the real program makes of a 429, with and without the headers that tell when a limit ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from runner.claude.limits import reset_at
from runner.tasks.model import Outcome
from tests.claude.conftest import Speak
from tests.peers.messages_api import Answer, error, text

SUBSCRIPTION = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-" + "a" * 60}
UNIFIED = "anthropic-ratelimit-unified-"


def too_many(**headers: str) -> Answer:
    """A 429 with these `anthropic-ratelimit-unified-*` headers."""
    names = tuple((UNIFIED + name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=429, error_type="rate_limit_error", headers=names)


@pytest.mark.parametrize(
    ("window", "hours", "words"),
    [
        ("five_hour", 2, "5-hour limit"),
        ("seven_day", 70, "weekly limit"),
        ("seven_day_opus", 30, "Opus limit"),
    ],
)
def test_a_closed_window_of_a_subscription_tells_when_it_opens(
    speak: Speak, window: str, hours: int, words: str
) -> None:
    reset = int(time.time()) + hours * 3600
    closed = too_many(status="rejected", reset=str(reset), representative_claim=window)

    spoken = speak(closed, environment=SUBSCRIPTION, max_retries=2)

    assert (spoken.result.outcome, words in spoken.result.text) == (Outcome.LIMIT_UNTIL, True)
    assert spoken.result.retry_at == datetime.fromtimestamp(reset, tz=UTC)
    assert spoken.heard.texts("limit")[0].startswith(f"usage limit reached ({window}) until")
    assert len(spoken.requests) == 1, "asking again would be refused again"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_its_words_alone_tell_the_same_to_the_minute(speak: Speak, zone: str) -> None:
    reset = datetime.now(UTC) + timedelta(hours=40)
    closed = too_many(status="rejected", reset=str(int(reset.timestamp())), representative_claim="seven_day")

    spoken = speak(closed, environment=SUBSCRIPTION | {"TZ": zone})

    assert f"({zone})" in spoken.result.text
    told = reset_at({}, spoken.result.text, datetime.now(UTC))
    assert told is not None
    assert abs(told - reset) <= timedelta(minutes=1)


def test_a_subscriptions_429_without_these_headers_is_an_overload(speak: Speak) -> None:
    spoken = speak(error(429), environment=SUBSCRIPTION)

    assert spoken.result.outcome is Outcome.OVERLOADED
    assert "not your usage limit" in spoken.result.text
    assert spoken.heard.texts("limit") == []


def test_with_a_key_no_header_is_told_and_it_stays_an_overload(speak: Speak) -> None:
    reset = str(int(time.time()) + 7200)
    closed = too_many(status="rejected", reset=reset, representative_claim="five_hour")

    spoken = speak(closed)

    assert (spoken.result.outcome, spoken.result.retry_at) == (Outcome.OVERLOADED, None)
    assert b"rate_limit_event" not in spoken.heard.stream


def test_a_wait_that_is_too_long_is_not_waited_for(speak: Speak) -> None:
    spoken = speak(error(429, retry_after=7200), max_retries=2)

    assert (spoken.result.outcome, len(spoken.requests)) == (Outcome.OVERLOADED, 1)


def test_a_short_wait_is_announced(speak: Speak) -> None:
    spoken = speak(error(429, retry_after=1), text("fine"), max_retries=2)

    assert spoken.result.outcome is Outcome.DONE
    assert spoken.heard.texts("retry")[0].startswith("429 rate_limit; retry 1 of 2 in ")


def test_an_organisations_spend_limit_tells_when_it_ends(speak: Speak) -> None:
    words = (
        "You have reached your specified API usage limits. You will regain access on 2031-12-01 at 00:00 UTC."
    )

    spoken = speak(error(400, message=words))

    assert spoken.result.outcome is Outcome.LIMIT_UNTIL
    assert spoken.result.retry_at == datetime(2031, 12, 1, tzinfo=UTC)
