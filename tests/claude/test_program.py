"""The real program and what can go wrong with it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.claude.program import ClaudeProgram
from runner.errors import ClaudeNotStarted
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import Heard, Speak, asked, run
from tests.claude.contract import left_behind
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import (
    Answer,
    MessagesApi,
    error,
    no_credit,
    refusal,
    text,
    too_long,
    tool,
)


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (error(400), Outcome.INVALID_REQUEST, "API Error: 400"),
        (error(401), Outcome.AUTH, "Failed to authenticate"),
        (error(403), Outcome.AUTH, "Failed to authenticate"),
        (error(404), Outcome.INVALID_REQUEST, "There's an issue with the selected model"),
        (error(413), Outcome.INVALID_REQUEST, "Request too large"),
        (error(429), Outcome.OVERLOADED, "Request rejected (429)"),
        (error(500), Outcome.OVERLOADED, "API Error: 500"),
        (error(529), Outcome.OVERLOADED, "529"),
        (no_credit(), Outcome.BILLING, "Credit balance is too low"),
        (too_long(), Outcome.CONTEXT_OVERFLOW, "Prompt is too long"),
        (text("", cut=True), Outcome.OVERLOADED, "API Error"),
        (refusal(), Outcome.NEEDS_INPUT, "safeguards"),
        (text("and so on", stop_reason="max_tokens"), Outcome.CRASHED, "output token maximum"),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_what_the_api_answers_becomes_the_right_outcome(
    speak: Speak, answer: Answer, outcome: Outcome, words: str
) -> None:
    spoken = speak(answer)

    assert spoken.result.outcome is outcome
    assert words in spoken.result.text
    assert spoken.result.session_id


def test_a_request_that_is_retried_is_told_and_can_succeed(speak: Speak) -> None:
    spoken = speak(error(429), text("second try"), max_retries=1)

    assert (spoken.result.outcome, spoken.result.text) == (Outcome.DONE, "second try")
    assert len(spoken.requests) == 2
    assert spoken.heard.texts("retry")[0].startswith("429 rate_limit; retry 1 of 1 in ")


def test_a_stream_that_was_cut_is_asked_for_again(speak: Speak) -> None:
    spoken = speak(text("half", cut=True), text("whole"), max_retries=1)

    assert (spoken.result.outcome, spoken.result.text) == (Outcome.DONE, "whole")


def test_nobody_listening_is_an_overload(workdir: Path) -> None:
    variables = claude_environment("http://127.0.0.1:9")

    result = run(ClaudeProgram(real_claude(), variables, max_retries=0), asked(workdir))

    assert result.outcome is Outcome.OVERLOADED
    assert "Connection refused" in result.text


def test_not_signed_in_is_told_apart(speak: Speak) -> None:
    spoken = speak(text("never"), environment={"ANTHROPIC_API_KEY": ""})

    assert spoken.result.outcome is Outcome.AUTH
    assert "Not logged in" in spoken.result.text
    assert spoken.requests == []


def test_too_many_turns_end_it(speak: Speak) -> None:
    result = speak(tool("Bash", command="ls"), max_turns=2).result

    assert (result.outcome, result.text) == (Outcome.TURNS, "Reached maximum number of turns (2)")
    assert result.cost_nano_usd == 10_000_000


def test_too_much_money_ends_it_and_all_of_it_is_told(speak: Speak) -> None:
    dear = tool("Bash", command="ls")

    result = speak(dear, budget_nano_usd=7_000_000).result

    assert (result.outcome, result.text) == (Outcome.BUDGET, "Reached maximum budget ($0.007)")
    assert result.cost_nano_usd == 10_000_000
    assert result.tokens.counted == 2 * 1050


def test_a_conversation_that_is_gone_is_not_worth_another_resume(speak: Speak) -> None:
    result = speak(text("never"), resume=True).result

    assert result.outcome is Outcome.CONTEXT_OVERFLOW
    assert "No conversation found" in result.text


def test_denials_are_listed(speak: Speak) -> None:
    spoken = speak(tool("Bash", command="python3 -c 1"), text("could not"))

    assert spoken.result.outcome is Outcome.DONE
    assert spoken.denied == [("Bash", "python3 -c 1")]
    assert spoken.heard.texts("denied") == ["Bash python3 -c 1"]


def test_a_slow_answer_is_ended_by_our_own_clock_and_paid_as_far_as_seen(speak: Speak) -> None:
    result = speak(text("late", hold=True), timeout_s=6.0).result

    assert (result.outcome, result.text) == (Outcome.TIMEOUT, "the time for this call was over")
    assert result.cost_nano_usd == 1000 * 4000 + 20_000


def test_a_first_byte_that_does_not_come_is_a_time_out_too(speak: Speak) -> None:
    result = speak(text("late", delay_s=30.0), timeout_s=2.5).result

    assert (result.outcome, result.cost_nano_usd) == (Outcome.TIMEOUT, 0)


def test_killed_from_outside_it_has_crashed_and_is_paid_as_far_as_seen(workdir: Path) -> None:
    request, heard = asked(workdir), Heard()
    with MessagesApi([text("late", hold=True)]) as api:
        claude = ClaudeProgram(real_claude(), claude_environment(api.url), max_retries=0)
        killer = threading.Thread(target=kill_when_the_answer_began, args=(heard, request.session_id))
        killer.start()

        result = run(claude, request, heard=heard)

        killer.join()
    assert result.outcome is Outcome.CRASHED
    assert result.text == "claude ended with signal 9 and without a result"
    assert result.estimated
    assert result.cost_nano_usd == 1000 * 4000 + 20_000
    assert result.total_cost_nano_usd == 0


def kill_when_the_answer_began(heard: Heard, session_id: str) -> None:
    give_up_at = time.monotonic() + 60
    while b"message_start" not in heard.stream and time.monotonic() < give_up_at:
        time.sleep(0.02)
    (row,) = (row for row in left_behind(session_id) if "supervisor" not in row)
    os.kill(int(row.split()[0]), signal.SIGKILL)


def test_a_stop_reaches_the_tool_that_runs(workdir: Path) -> None:
    stop = Stop()
    running: list[str] = []
    command = f"sleep 7{os.getpid()}.5"
    with MessagesApi([tool("Bash", command=command), text("never")]) as api:
        claude = ClaudeProgram(real_claude(), claude_environment(api.url), max_retries=0)

        def stop_once_it_runs() -> None:
            for _ in range(400):
                running.extend(row for row in left_behind(command) if "claude" not in row)
                if running or stop.wait(0.05):
                    break
            stop.set(StopReason.CANCELLED)

        watcher = threading.Thread(target=stop_once_it_runs)
        watcher.start()
        result = run(claude, asked(workdir, rules=("Bash(sleep *)",)), stop=stop)
        watcher.join()

    assert running
    assert left_behind(command) == []
    assert (result.outcome, result.text) == (Outcome.CANCELLED, "stopped: cancelled")
    assert result.cost_nano_usd == 5_000_000


def test_the_last_line_of_the_stream_tells_how_the_child_ended(speak: Speak) -> None:
    spoken = speak(text("fine"))

    told = json.loads(spoken.heard.lines[-1])
    at = datetime.fromisoformat(told.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert told == {
        "type": "runner_ended",
        "exit_code": 0,
        "stop": "",
        "timed_out": False,
        "silent_s": 0.0,
        "too_much": False,
        "stderr": "",
    }
    assert json.loads(spoken.heard.lines[-2])["type"] == "result"


def test_an_empty_prompt_does_not_start(speak: Speak) -> None:
    with pytest.raises(
        ClaudeNotStarted, match="claude did not start: Input contained only whitespace"
    ) as raised:
        speak(text("never"), prompt="  \n")

    assert "the prompt is empty" in raised.value.hint


def test_a_prompt_beyond_ten_megabytes_does_not_start(speak: Speak) -> None:
    with pytest.raises(ClaudeNotStarted, match="exceeds 10MB") as raised:
        speak(text("never"), prompt="word " * 2_200_000)

    assert "make the prompt smaller" in raised.value.hint


def test_a_prompt_of_a_megabyte_passes_whole(speak: Speak) -> None:
    spoken = speak(text("fine"), prompt="word " * 200_000 + "the end")

    assert "the end" in spoken.requests[0].messages
    assert len(spoken.requests[0].messages) > 1_000_000


def test_a_conversation_cannot_be_begun_twice(speak: Speak) -> None:
    session = str(uuid.uuid4())
    speak(text("fine"), session_id=session)

    with pytest.raises(ClaudeNotStarted, match="already in use") as raised:
        speak(text("never"), session_id=session)

    assert "resume it" in raised.value.hint


@pytest.mark.long
def test_a_prompt_that_takes_longer_than_claude_waits_is_still_asked(speak: Speak) -> None:
    def slow() -> str:
        time.sleep(3.5)
        return "Do it at last."

    spoken = speak(text("fine"), prompt=slow)

    assert spoken.result.outcome is Outcome.DONE
    assert "Do it at last." in spoken.requests[0].messages
