"""What the stream tells about waiting: closed windows, retries, tools that run, how long the conversation is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.claude.test_stream import reading
from tests.support.claude_lines import delta, init, line, message, result, said, started, used, window


def answered(use_id: str, **others: object) -> bytes:
    content = [{"type": "tool_result", "tool_use_id": use_id, "content": "ok"}]
    return line(type="user", message={"content": content}, **others)


def test_a_closed_window_is_known_until_it_opens_again() -> None:
    closed = window("rejected", resets_at=1_800_000_000)

    reader, messages = reading(closed)
    assert reader.limits == {"five_hour": datetime(2027, 1, 15, 8, tzinfo=UTC)}
    assert messages[0].kind == "limit"
    assert messages[0].text == "usage limit reached (five_hour) until 2027-01-15 08:00 UTC"

    reader.read(window("allowed"))
    assert reader.limits == {}


@pytest.mark.parametrize("seconds", [None, 0, -5, 99_999_999_999_999_999, "soon"])
def test_a_reset_time_that_makes_no_sense_is_not_known(seconds: object) -> None:
    info = {"status": "rejected", "resetsAt": seconds, "rateLimitType": "overage"}

    reader, messages = reading(line(type="rate_limit_event", rate_limit_info=info))

    assert reader.limits == {"overage": None}
    assert messages[0].text == "usage limit reached (overage)"


def test_a_refusal_that_names_neither_a_window_nor_a_time_closes_none() -> None:
    info = {"status": "rejected", "isUsingOverage": False}

    reader, messages = reading(line(type="rate_limit_event", rate_limit_info=info))

    assert (reader.limits, messages) == ({}, [])


def test_a_time_without_a_window_is_a_limit() -> None:
    info = {"status": "rejected", "resetsAt": 1_800_000_000}

    reader, messages = reading(line(type="rate_limit_event", rate_limit_info=info))

    assert list(reader.limits) == [""]
    assert messages[0].text == "usage limit reached until 2027-01-15 08:00 UTC"


def test_a_permission_without_a_name_opens_every_window() -> None:
    reader, _ = reading(
        window("rejected", "five_hour", 1_800_000_000),
        window("rejected", "seven_day", 1_800_000_000),
        line(type="rate_limit_event", rate_limit_info={"status": "allowed"}),
    )

    assert reader.limits == {}


def test_a_reset_time_in_milliseconds_is_understood() -> None:
    reader, _ = reading(window("rejected", resets_at=1_800_000_000_000))

    assert reader.limits["five_hour"] == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_a_tool_runs_from_its_use_to_its_answer() -> None:
    reader, _ = reading(init(), started("m1"), message("m1", used("Bash", "t1"), used("Read", "t2")))
    assert reader.tools_run

    reader.read(answered("t1"))
    assert reader.tools_run

    reader.read(answered("t2"))
    assert not reader.tools_run


def test_a_sub_agents_tool_runs_too() -> None:
    reader, _ = reading(
        message("m1", used("Task", "t1")), message("m2", used("Bash", "t2"), parent_tool_use_id="t1")
    )

    reader.read(answered("t2", parent_tool_use_id="t1"))
    assert reader.tools_run

    reader.read(answered("t1"))
    assert not reader.tools_run


def test_a_tool_that_never_answered_does_not_run_once_the_model_goes_on() -> None:
    lost = message("m1", used("Bash", "t1"))

    assert not reading(lost, started("m2"))[0].tools_run
    assert not reading(lost, result("done"))[0].tools_run
    assert not reading(lost, line(type="conversation_reset", new_conversation_id="new"))[0].tools_run
    assert reading(lost, started("m2", parent="t1"))[0].tools_run


def test_an_announced_wait_holds_until_the_next_line() -> None:
    retry = line(type="system", subtype="api_retry", retry_delay_ms=46_528, error_status=429)

    reader, _ = reading(init(), retry, b"noise\n")
    assert reader.announced_wait_s == 46.528

    reader.read(started("m1"))
    assert reader.announced_wait_s == 0.0


@pytest.mark.parametrize("absurd", [10**400, 1e300, -1, "long"])
def test_an_absurd_wait_is_none(absurd: object) -> None:
    reader, _ = reading(line(type="system", subtype="api_retry", retry_delay_ms=absurd))

    assert reader.announced_wait_s == 0.0


def test_how_long_the_conversation_is_follows_its_newest_message() -> None:
    reader, _ = reading(
        init(),
        started("m1", input_tokens=1000, cache_read_input_tokens=500),
        delta(output_tokens=50),
        started("m2", input_tokens=10, cache_creation_input_tokens=40, cache_read_input_tokens=1550),
        started("m9", parent="t1", input_tokens=9),
        message("m8", said("of a sub-agent"), usage={"input_tokens": 7}, parent_tool_use_id="t1"),
        delta(output_tokens=5),
    )

    assert reader.context_tokens == 10 + 40 + 1550 + 5


def test_without_an_answer_there_is_no_conversation() -> None:
    assert reading(init())[0].context_tokens == 0


def test_the_smallest_window_in_use_is_told() -> None:
    usage = {"a": {"contextWindow": 1_000_000}, "b": {"contextWindow": 200_000}, "c": {}, "d": 3}

    told = reading(result("done", modelUsage=usage), result("done"))[0].results

    assert [each.window_tokens for each in told] == [200_000, 0]
