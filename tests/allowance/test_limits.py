"""The text of an allowance file: what it may say, and one clear line for everything that it may not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.allowance.limits import (
    SAFE_DEFAULTS,
    file_values,
    limit_problems,
    nano_from_usd,
    parse_limits,
    usd_text,
)
from runner.allowance.model import Limits
from runner.errors import SettingsProblem

WHOLE = """\
[agent.default]
models = ["sonnet", "haiku"]
daily_tokens = 2_000_000
daily_jobs = 20
concurrent_jobs = 2
daily_cost_usd = "10.50"
run_tokens = 400000
run_cost_usd = 2
job_duration_s = 1800
"""


def read(text: str, agent: str = "me") -> Limits:
    return parse_limits(text, file_name="allowance.toml").of(agent)


def problems(line: str) -> tuple[str, ...]:
    return limit_problems(f"[agent.default]\n{line}\n", file_name="allowance.toml")


def test_every_key_is_read() -> None:
    assert read(WHOLE) == Limits(
        models=("sonnet", "haiku"),
        daily_tokens=2_000_000,
        daily_jobs=20,
        concurrent_jobs=2,
        daily_cost_nano=10_500_000_000,
        run_tokens=400_000,
        run_cost_nano=2_000_000_000,
        job_duration_s=1_800,
    )


def test_an_agents_table_goes_over_the_default_key_by_key() -> None:
    text = WHOLE + '[agent."ada@laptop"]\ndaily_tokens = 5\ndaily_cost_usd = "unlimited"\n'

    ada = read(text, "ada@laptop")

    assert (ada.daily_tokens, ada.daily_cost_nano, ada.daily_jobs) == (5, None, 20)
    assert read(text, "grace") == read(WHOLE)


def test_the_order_of_the_tables_does_not_matter() -> None:
    assert read("[agent.me]\ndaily_jobs = 1\n[agent.default]\ndaily_tokens = 9\n") == Limits(
        daily_tokens=9, daily_jobs=1
    )


def test_an_absent_key_is_unlimited_and_zero_is_none() -> None:
    assert read("") == Limits()
    assert read("[agent.default]\ndaily_jobs = 0\n") == Limits(daily_jobs=0)


@pytest.mark.parametrize(
    ("written", "nano"),
    [
        ("0.1", 100_000_000),
        ('"0.1"', 100_000_000),
        ("3", 3_000_000_000),
        ("1e-9", 1),
        ('"0.0000000001"', 1),
        ('"1.0000000001"', 1_000_000_001),
        ("0", 0),
        ("9000000", 9 * 10**15),
        (f'"{"0." + "1" * 50}"', 111_111_112),
    ],
)
def test_money_is_exact_and_rounded_up(written: str, nano: int) -> None:
    assert read(f"[agent.default]\nrun_cost_usd = {written}\n").run_cost_nano == nano


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("daily_tokens = -1", "daily_tokens is -1; wanted a whole number, 0 or more"),
        ("daily_tokens = true", "daily_tokens is true; wanted a whole number"),
        ("daily_tokens = 1.5", "daily_tokens is 1.5; wanted a whole number"),
        ('daily_jobs = "5"', "daily_jobs is '5'; wanted a whole number"),
        ("concurrent_jobs = 1000000000000001", "concurrent_jobs is 1000000000000001; wanted"),
        ("run_tokens = []", "run_tokens is []; wanted a whole number"),
        ("daily_cost_usd = -0.01", "daily_cost_usd is -0.01; wanted an amount in USD"),
        ("daily_cost_usd = true", "daily_cost_usd is true; wanted an amount in USD"),
        ("daily_cost_usd = nan", "daily_cost_usd is nan; wanted an amount in USD"),
        ("daily_cost_usd = inf", "daily_cost_usd is inf; wanted an amount in USD"),
        ("daily_cost_usd = 9000001", "daily_cost_usd is 9000001; wanted an amount in USD"),
        ('run_cost_usd = "ten"', "run_cost_usd is 'ten'; wanted an amount in USD"),
        ("run_cost_usd = 2026-01-01", "wanted an amount in USD"),
        ("job_duration_s = 0", "job_duration_s is 0; wanted a whole number of seconds, 1 or more"),
        ("job_duration_s = true", "job_duration_s is true; wanted a whole number of seconds"),
        ("models = []", "models is []; wanted a list of model names"),
        ('models = ["a", ""]', "wanted a list of model names"),
        ("models = [1]", "models is [1]; wanted a list of model names"),
        ('models = "sonnet"', "models is 'sonnet'; wanted a list of model names"),
        ("daily_token = 5", "daily_token is not a limit; did you mean daily_tokens?"),
        ("zzz = 5", "zzz is not a limit; known: models, daily_tokens,"),
        (f'run_tokens = "{"x" * 100}"', "'xxx"),
    ],
)
def test_a_bad_key_or_value_is_one_clear_line(line: str, wanted: str) -> None:
    (problem,) = problems(line)

    assert problem.startswith("allowance.toml: agent.default.")
    assert wanted in problem
    assert len(problem) < 300
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("agent = 5", "agent is 5; wanted tables such as [agent.default]"),
        ("[agent]\ndaily_tokens = 5", "agent.daily_tokens is 5; wanted a table such as [agent.default]"),
        ("[agents.default]", "agents is not a table here; did you mean agent?"),
        ("[other]", "other is not a table here; known: agent"),
        ('[agent."a\\nb"]\nx = 1', "agent.'a\\nb'.x is not a limit"),
        ("[agent.default", "not valid TOML: "),
        ("[agent.default]\n[agent.default]", "not valid TOML: "),
    ],
)
def test_a_wrong_structure_is_one_clear_line(text: str, problem: str) -> None:
    (found,) = limit_problems(text, file_name="allowance.toml")

    assert found.startswith(f"allowance.toml: {problem}")
    assert "\n" not in found


def test_every_problem_is_listed_and_the_first_one_raised() -> None:
    text = "[agent.default]\ndaily_jobs = -1\nx = 1\n[agent.me]\nrun_tokens = true\n"

    assert len(limit_problems(text, file_name="f")) == 3
    with pytest.raises(SettingsProblem, match=r"daily_jobs is -1.*; and 2 more in this file") as error:
        parse_limits(text, file_name="f")
    assert error.value.exit_code == 2
    assert error.value.hint


def test_the_safe_defaults_are_finite_in_every_dimension_but_the_models() -> None:
    assert {name for name in Limits.__slots__ if getattr(SAFE_DEFAULTS, name) is None} == {"models"}


def test_limits_become_keys_and_are_read_back() -> None:
    limits = Limits(models=("a",), daily_cost_nano=123_456_789, run_tokens=0)

    values = file_values(limits)

    assert values == {"models": ["a"], "daily_cost_usd": "0.123456789", "run_tokens": 0}
    assert read('[agent.default]\nmodels = ["a"]\ndaily_cost_usd = "0.123456789"\nrun_tokens = 0') == limits


@given(st.integers(0, 9 * 10**15))
def test_an_amount_survives_as_text(nano: int) -> None:
    assert nano_from_usd(usd_text(nano)) == nano


@pytest.mark.parametrize("text", ["ten", "1,5", "-1", "nan", "9000000.01", "1 USD"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        nano_from_usd(text)
