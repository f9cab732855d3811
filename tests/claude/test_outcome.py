"""What became of a call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runner.claude.outcome import Ending, Verdict, judge
from runner.claude.stream import StreamReader
from runner.process.stop import StopReason
from runner.tasks.model import Outcome
from tests.support.claude_lines import api_error, failed, init, result, window


def judged(*lines: bytes, ending: Ending | None = None) -> Verdict:
    reader = StreamReader()
    for each in lines:
        reader.read(each)
    return judge(reader, ending or Ending(exit_code=0))


def outcome(*lines: bytes, ending: Ending | None = None) -> Outcome:
    return judged(*lines, ending=ending).outcome


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (StopReason.LEASE_LOST, Outcome.LEASE_LOST),
        (StopReason.CANCELLED, Outcome.CANCELLED),
        (StopReason.INTERRUPTED, Outcome.CANCELLED),
        (StopReason.DEADLINE, Outcome.TIMEOUT),
        (StopReason.TOKENS, Outcome.BUDGET),
        (StopReason.WHO_PAYS, Outcome.BILLING),
    ],
)
def test_a_stop_decides_before_everything_else(reason: StopReason, expected: Outcome) -> None:
    ending = Ending(exit_code=0, stop=reason, timed_out=True)

    assert outcome(init(), result("done"), ending=ending) is expected
    assert judged(ending=ending).text == f"stopped: {reason.value.replace('_', ' ')}"


def test_every_stop_reason_has_an_outcome() -> None:
    for reason in StopReason:
        assert outcome(ending=Ending(exit_code=0, stop=reason)) in Outcome


def test_a_success_stands_whatever_the_exit_was() -> None:
    assert outcome(result("done"), ending=Ending(exit_code=1)) is Outcome.DONE
    assert outcome(result("done"), ending=Ending(exit_code=-9, timed_out=True)) is Outcome.DONE


def test_an_exit_of_zero_does_not_make_an_error_a_success() -> None:
    assert outcome(failed(429), ending=Ending(exit_code=0)) is Outcome.OVERLOADED
    assert outcome(result("", subtype="error_during_execution")) is Outcome.CRASHED


def test_over_time_is_a_time_out_also_when_claude_could_still_tell() -> None:
    interrupted = result("", is_error=True, subtype="error_during_execution", terminal_reason="aborted_tools")

    assert outcome(interrupted, ending=Ending(exit_code=0, timed_out=True)) is Outcome.TIMEOUT
    assert outcome(ending=Ending(exit_code=143, timed_out=True)) is Outcome.TIMEOUT


def test_without_a_result_the_exit_says_whether_it_crashed() -> None:
    assert judged(init(), ending=Ending(exit_code=0)) == Verdict(
        outcome=Outcome.NO_RESULT, text="claude ended without a result"
    )
    assert judged(init(), ending=Ending(exit_code=-9, stderr="one\n\x1b[1mtwo\n\n")) == Verdict(
        outcome=Outcome.CRASHED, text="claude ended with signal 9 and without a result: two"
    )
    assert judged(init(), ending=Ending(exit_code=143)).text == (
        "claude ended with exit code 143 and without a result"
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Outcome.INVALID_REQUEST),
        (401, Outcome.AUTH),
        (402, Outcome.BILLING),
        (403, Outcome.AUTH),
        (404, Outcome.INVALID_REQUEST),
        (408, Outcome.OVERLOADED),
        (413, Outcome.INVALID_REQUEST),
        (429, Outcome.OVERLOADED),
        (500, Outcome.OVERLOADED),
        (503, Outcome.OVERLOADED),
        (529, Outcome.OVERLOADED),
        (418, Outcome.CRASHED),
        (None, Outcome.CRASHED),
    ],
)
def test_an_api_error_is_judged_by_its_status(status: int | None, expected: Outcome) -> None:
    assert outcome(failed(status)) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("authentication_failed", Outcome.AUTH),
        ("oauth_org_not_allowed", Outcome.AUTH),
        ("billing_error", Outcome.BILLING),
        ("rate_limit", Outcome.OVERLOADED),
        ("overloaded", Outcome.OVERLOADED),
        ("server_error", Outcome.OVERLOADED),
        ("model_not_found", Outcome.INVALID_REQUEST),
        ("invalid_request", Outcome.INVALID_REQUEST),
        ("max_output_tokens", Outcome.CRASHED),
        ("unknown", Outcome.CRASHED),
    ],
)
def test_what_claude_called_the_error_goes_before_its_status(kind: str, expected: Outcome) -> None:
    assert outcome(api_error(kind), failed()) is expected


def test_an_error_of_an_unknown_kind_is_judged_by_its_status() -> None:
    assert outcome(api_error("unknown"), failed(400)) is Outcome.INVALID_REQUEST


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Prompt is too long", Outcome.CONTEXT_OVERFLOW),
        ("Context limit reached · /compact or /clear to continue", Outcome.CONTEXT_OVERFLOW),
        ("No conversation found with session ID: x", Outcome.CONTEXT_OVERFLOW),
        ("Credit balance is too low", Outcome.BILLING),
        ("Not logged in · Please run /login", Outcome.AUTH),
        ("Invalid API key · Fix external API key", Outcome.AUTH),
        ("API Error: Connection refused (ECONNREFUSED)", Outcome.OVERLOADED),
        ("API Error: Request timed out.", Outcome.OVERLOADED),
        ("Something else", Outcome.CRASHED),
    ],
)
def test_where_there_is_no_better_sign_the_words_decide(words: str, expected: Outcome) -> None:
    assert outcome(failed(None, words)) is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"subtype": "error_max_turns"}, Outcome.TURNS),
        ({"terminal_reason": "max_turns"}, Outcome.TURNS),
        ({"subtype": "error_max_budget_usd", "terminal_reason": ""}, Outcome.BUDGET),
        ({"terminal_reason": "budget_exhausted"}, Outcome.BUDGET),
        ({"terminal_reason": "prompt_too_long"}, Outcome.CONTEXT_OVERFLOW),
        ({"terminal_reason": "image_error"}, Outcome.INVALID_REQUEST),
    ],
)
def test_claudes_own_limits_are_told_apart(fields: dict[str, Any], expected: Outcome) -> None:
    assert outcome(result("", is_error=True, **fields)) is expected


def test_a_refusal_waits_for_a_person_even_if_it_is_called_a_success() -> None:
    assert outcome(result("no", stop_reason="refusal")) is Outcome.NEEDS_INPUT
    assert outcome(api_error("invalid_request"), failed(stop_reason="refusal")) is Outcome.NEEDS_INPUT


def test_an_error_as_the_last_word_is_no_success() -> None:
    assert (
        outcome(api_error("rate_limit"), result("You've hit your limit · resets 3pm")) is Outcome.LIMIT_UNTIL
    )


def test_a_closed_window_makes_too_many_requests_a_limit_with_its_end() -> None:
    verdict = judged(
        window("rejected", "five_hour", 1_800_000_000),
        window("rejected", "seven_day", 1_800_003_600),
        failed(429, "Rate limited"),
    )

    assert verdict == Verdict(
        outcome=Outcome.LIMIT_UNTIL, text="Rate limited", retry_at=datetime(2027, 1, 15, 9, tzinfo=UTC)
    )


def test_a_window_that_is_open_again_limits_nothing() -> None:
    assert outcome(window("rejected"), window("allowed_warning"), failed(429)) is Outcome.OVERLOADED


def test_a_closed_window_does_not_excuse_another_error() -> None:
    assert outcome(window("rejected"), failed(401)) is Outcome.AUTH


def test_a_success_in_spite_of_a_closed_window_is_a_success() -> None:
    assert outcome(window("rejected"), result("on overage")) is Outcome.DONE


def test_a_process_that_died_at_a_closed_window_met_the_limit() -> None:
    verdict = judged(window("rejected"), ending=Ending(exit_code=1))

    assert verdict == Verdict(outcome=Outcome.LIMIT_UNTIL, text="the usage limit was reached")


@pytest.mark.parametrize(
    ("words", "retry_at"),
    [
        ("Claude AI usage limit reached|1800000000", datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("5-hour limit reached ∙ resets 3pm", None),
        ("You've hit your weekly limit · resets Monday", None),
    ],
)
def test_a_limit_may_be_told_in_words_only(words: str, retry_at: datetime | None) -> None:
    assert judged(failed(429, words)) == Verdict(outcome=Outcome.LIMIT_UNTIL, text=words, retry_at=retry_at)
    assert outcome(failed(None, words)) is Outcome.LIMIT_UNTIL


def test_words_about_a_limit_do_not_hide_a_surer_sign() -> None:
    assert outcome(failed(401, "usage limit reached")) is Outcome.AUTH


def test_an_interruption_is_told_in_plain_words() -> None:
    interrupted = result("", is_error=True, errors=["[ede_diagnostic] result_type=user"], subtype="error_x")

    assert judged(interrupted).text == "claude was interrupted from outside"


def test_an_error_without_words_gets_some() -> None:
    assert judged(failed(None, "", terminal_reason="odd")).text == "claude failed: odd"
    assert judged(api_error("unknown"), failed(None, "")).text == "claude failed: unknown"
    assert judged(result("", is_error=True, terminal_reason="", subtype="")).text == (
        "claude failed: it does not say why"
    )
