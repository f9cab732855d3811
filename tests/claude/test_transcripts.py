"""What 78 real runs of claude 2.1.330 and 2.1.197 were: outcome, money, tokens, turns, denials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.allowance.model import Tokens
from runner.claude.fields import dict_in, object_of
from runner.claude.outcome import Ending, judge
from runner.claude.prices import cost_nano_usd
from runner.claude.stream import StreamReader
from runner.tasks.model import Outcome

FOLDER = Path(__file__).parent / "transcripts"
INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text())


class Expected(NamedTuple):
    """Cost in nano-USD; tokens as input, cache creation, cache read, output."""

    outcome: Outcome | None
    """None: it never started."""
    cost: int = 0
    tokens: tuple[int, int, int, int] = (0, 0, 0, 0)
    turns: int = 0
    denials: int = 0


HELLO = Expected(Outcome.DONE, 5_000_000, (1000, 0, 0, 50), 1)
ONE_TOOL = Expected(Outcome.DONE, 10_000_000, (2000, 0, 0, 100), 2)
ONE_DENIED = ONE_TOOL._replace(denials=1)
EDITED = Expected(Outcome.DONE, 27_760_000, (4500, 800, 800, 280), 5)
REFUSED_TO_START = Expected(None)
KILLED_IN_TOOL = Expected(Outcome.CRASHED, 4_020_000, (1000, 0, 0, 1))


def failed(outcome: Outcome) -> Expected:
    """An API error as the first answer: one turn, nothing spent."""
    return Expected(outcome, turns=1)


EXPECTED = {
    "acc_bash": ONE_TOOL,
    "acc_git": ONE_DENIED,
    "bad_request": failed(Outcome.INVALID_REQUEST),
    "bad_resume": Expected(Outcome.CONTEXT_OVERFLOW),
    "bare": HELLO,
    "bash_default": ONE_DENIED,
    "bash_dontask": ONE_DENIED,
    "bash_plan": ONE_DENIED,
    "bash_prefix": ONE_TOOL,
    "budget": Expected(Outcome.BUDGET, 1_680_000_000, (400_000, 0, 0, 4000), 2),
    "budget_tiny": Expected(Outcome.BUDGET, 5_000_000, (1000, 0, 0, 50), 1),
    "credit_low": failed(Outcome.BILLING),
    "cut": HELLO,
    "edit_accept": EDITED._replace(denials=1),
    "edit_allowed": EDITED,
    "edit_default": EDITED._replace(denials=3),
    "edit_skip": REFUSED_TO_START,
    "endless": Expected(Outcome.TURNS, 25_000_000, (5000, 0, 0, 250), 6),
    "env_show": ONE_TOOL,
    "fallback": failed(Outcome.OVERLOADED),
    "forbidden": failed(Outcome.AUTH),
    "git_commit": ONE_TOOL,
    "hello": HELLO,
    "hello_partial": HELLO,
    "hello_stream": HELLO,
    "hello_text": Expected(Outcome.NO_RESULT),
    "instream": Expected(Outcome.DONE, 10_000_000, (2000, 0, 0, 100), 1),
    "instream_bad": REFUSED_TO_START,
    "max_turns": Expected(Outcome.TURNS, 5_000_000, (1000, 0, 0, 50), 2),
    "max_turns_json": Expected(Outcome.TURNS, 5_000_000, (1000, 0, 0, 50), 2),
    "max_turns_text": Expected(Outcome.CRASHED),
    "maxretries0": failed(Outcome.OVERLOADED),
    "maxretries2": failed(Outcome.AUTH),
    "maxtok": Expected(Outcome.CRASHED, 20_000_000, (4000, 0, 0, 200), 4),
    "no_key": failed(Outcome.AUTH),
    "not_found_model": failed(Outcome.INVALID_REQUEST),
    "o_403": failed(Outcome.AUTH),
    "o_529": failed(Outcome.OVERLOADED),
    "o_budget": Expected(Outcome.BUDGET, 2_100_000_000, (400_000, 0, 0, 4000), 2),
    "o_edit": Expected(Outcome.DONE, 34_900_000, (4500, 800, 800, 280), 5, 1),
    "o_hello": HELLO._replace(cost=6_250_000),
    "o_int": Expected(Outcome.CRASHED, turns=2),
    "o_maxturns": Expected(Outcome.TURNS, 6_250_000, (1000, 0, 0, 50), 2),
    "o_schema": Expected(Outcome.DONE, 6_250_000, (1000, 0, 0, 50), 2),
    "o_term": Expected(Outcome.CRASHED),
    "outside": ONE_DENIED,
    "overloaded_forever": failed(Outcome.OVERLOADED),
    "prompt_too_long": failed(Outcome.CONTEXT_OVERFLOW),
    "rate_limit_forever": failed(Outcome.OVERLOADED),
    "rate_limit_twice": HELLO,
    "refusal": Expected(Outcome.NEEDS_INPUT, 10_000_000, (2000, 0, 0, 100), 2),
    "refused": failed(Outcome.OVERLOADED),
    "resume1": HELLO,
    "resume2": HELLO,
    "resume2fork": HELLO,
    "retry_long": HELLO,
    "schema": HELLO._replace(turns=2),
    "schema_bad": ONE_TOOL._replace(turns=3),
    "schema_stream": HELLO._replace(turns=2),
    "schema_text": ONE_TOOL,
    "server_error_forever": failed(Outcome.OVERLOADED),
    "sig_HUP_bash": KILLED_IN_TOOL,
    "sig_INT_bash": Expected(Outcome.CRASHED, 5_000_000, (1000, 0, 0, 50), 3),
    "sig_INT_json": Expected(Outcome.CRASHED, 4_020_000, (1000, 0, 0, 1), 2),
    "sig_INT_stream": Expected(Outcome.CRASHED, 4_020_000, (1000, 0, 0, 1), 2),
    "sig_KILL_bash": KILLED_IN_TOOL,
    "sig_TERM_bash": KILLED_IN_TOOL,
    "sig_TERM_stream": Expected(Outcome.CRASHED),
    "sse_over": HELLO,
    "stdin_1m": HELLO,
    "stdin_20m": REFUSED_TO_START,
    "stdin_open": HELLO,
    "too_large": failed(Outcome.INVALID_REQUEST),
    "unauthorized": failed(Outcome.AUTH),
    "unauthorized_json": failed(Outcome.AUTH),
    "unauthorized_text": Expected(Outcome.CRASHED),
    "unicode": HELLO,
    "unknown_flag": REFUSED_TO_START,
}


def read(name: str) -> tuple[StreamReader, Ending]:
    reader = StreamReader()
    for line in (FOLDER / f"{name}.jsonl").read_bytes().split(b"\n"):
        reader.read(line)
    told = INDEX[name]
    return reader, Ending(exit_code=told["exit_code"], stderr=told["stderr"])


def test_every_transcript_is_in_the_table() -> None:
    files = {path.stem for path in FOLDER.glob("*.jsonl")}

    assert files == set(EXPECTED) == set(INDEX)
    assert len(files) == 78


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_run_is_understood(name: str) -> None:
    reader, ending = read(name)

    started = reader.any_output or ending.exit_code <= 0
    outcome = judge(reader, ending).outcome if started else None
    tokens = reader.account.spent.tokens
    result = reader.own_result
    assert EXPECTED[name] == Expected(
        outcome,
        reader.account.spent.cost_nano_usd,
        (tokens.input, tokens.cache_creation, tokens.cache_read, tokens.output),
        result.turns if result is not None else 0,
        len(reader.denials),
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_the_price_table_agrees_with_every_cost_that_claude_printed(name: str) -> None:
    for line in (FOLDER / f"{name}.jsonl").read_bytes().split(b"\n"):
        usage = dict_in(object_of(line) or {}, "modelUsage")
        for model in usage:
            told = usage[model]
            assert isinstance(told, dict)
            tokens = Tokens(
                input=told["inputTokens"],
                cache_creation=told["cacheCreationInputTokens"],
                cache_read=told["cacheReadInputTokens"],
                output=told["outputTokens"],
            )
            assert cost_nano_usd(model, tokens) == round(told["costUSD"] * 1e9)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_cut_transcript_is_never_a_success_without_its_result(name: str) -> None:
    whole = (FOLDER / f"{name}.jsonl").read_bytes()
    cut = whole.rstrip(b"\n").rpartition(b"\n")[0]
    reader = StreamReader()
    for line in cut.split(b"\n"):
        reader.read(line)

    outcome = judge(reader, Ending(exit_code=-9)).outcome

    assert outcome is (Outcome.DONE if name == "instream" else Outcome.CRASHED)


def test_what_a_model_wrote_has_no_control_characters_left() -> None:
    reader, ending = read("unicode")

    text = judge(reader, ending).text

    assert text == "naïve — 日本語 🎉 rtl  nul red\nline\nsep"
