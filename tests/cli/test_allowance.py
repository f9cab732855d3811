"""`runner allowance`: see, set, explain, repair."""

from __future__ import annotations

import tomllib

import pytest

from tests.cli.console import Console


def test_show_names_limits_use_and_where_they_come_from(console: Console) -> None:
    shown = console.ok("allowance", "show")

    assert shown.startswith("agent me\nmodels: any\none run: 400,000 tokens, $2.00, 1,800 s\n")
    assert "built-in" in shown.splitlines()[3]
    assert "jobs a day        0      0      20         20" in shown


def test_show_has_a_stable_schema(console: Console) -> None:
    shown = console("allowance", "show", "--agent", "bob", "--json").json

    assert set(shown) == {
        "agent_id", "source", "models", "run_tokens", "run_cost_nano", "job_duration_s", "rules", "holds",
    }  # fmt: skip
    assert shown["agent_id"] == "bob"
    assert set(shown["rules"][0]) == {"rule", "unit", "used", "held", "left", "limit", "warning"}
    assert [rule["rule"] for rule in shown["rules"]] == [
        "daily_tokens", "daily_jobs", "concurrent_jobs", "daily_cost",
    ]  # fmt: skip


def test_show_lists_what_is_held(console: Console) -> None:
    console.hold("r-other")

    assert "r-other" in console.ok("allowance", "show")
    assert [hold["id"] for hold in console.holds()] == ["r-other"]


def test_set_writes_each_kind_of_limit(console: Console) -> None:
    said = console.ok(
        "allowance", "set", "--daily-tokens", "1000000", "--daily-jobs", "5", "--concurrent-jobs", "1",
        "--daily-cost", "5", "--run-tokens", "1000", "--run-cost", "0.50", "--job-duration", "60",
        "--models", "sonnet, opus",
    )  # fmt: skip

    assert said.startswith(f"{console.limits}: concurrent_jobs, daily_cost_usd, ")
    assert tomllib.loads(console.limits.read_text())["agent"]["default"] == {
        "daily_tokens": 1_000_000,
        "daily_jobs": 5,
        "concurrent_jobs": 1,
        "daily_cost_usd": "5",
        "run_tokens": 1000,
        "run_cost_usd": "0.50",
        "job_duration_s": 60,
        "models": ["sonnet", "opus"],
    }


def test_unlimited_takes_a_limit_away_and_leaves_the_others(console: Console) -> None:
    console.ok("allowance", "set", "--models", "sonnet")

    now = console(
        "allowance", "set", "--models", "unlimited", "--daily-jobs", "unlimited", "--daily-cost", "unlimited",
        "--job-duration", "unlimited", "--json",
    ).json  # fmt: skip

    assert (now["models"], now["daily_jobs"], now["daily_cost_nano"], now["job_duration_s"]) == (None,) * 4
    assert now["run_tokens"] == 400_000


def test_one_agent_may_have_limits_of_its_own(console: Console) -> None:
    now = console("allowance", "set", "--agent", "bob", "--daily-jobs", "1", "--json").json

    assert now["daily_jobs"] == 1
    rules = console("allowance", "show", "--json").json["rules"]
    assert next(rule["limit"] for rule in rules if rule["rule"] == "daily_jobs") == 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say which limit to set, as --daily-cost 5; --help lists them"),
        (["--daily-jobs", "-1"], "invalid value for '--daily-jobs': '-1' is no whole number from 0"),
        (["--daily-jobs", "1.5"], "invalid value for '--daily-jobs': '1.5' is no whole number from 0"),
        (["--daily-jobs", "٣"], "invalid value for '--daily-jobs': '٣' is no whole number from 0"),
        (["--daily-cost", "-1"], "invalid value for '--daily-cost': '-1' is no amount in USD such as 12.50"),
        (["--daily-cost", "much"], "invalid value for '--daily-cost': 'much' is no amount in USD"),
        (["--daily-cost", "nan"], "invalid value for '--daily-cost': 'nan' is no amount in USD"),
        (["--job-duration", "0"], "invalid value for '--job-duration': a run needs one second at least"),
        (["--models", ", "], "invalid value for '--models': name one model at least"),
        (["--run-tokens", "9" * 30], "{limits}: agent.default.run_tokens is 999"),
    ],
)
def test_what_is_no_limit_is_refused_and_nothing_is_written(
    console: Console, words: list[str], message: str
) -> None:
    code, told, _ = console("allowance", "set", *words).error

    assert code == 2
    assert told.startswith(message.format(limits=console.limits))
    assert not console.limits.exists()


def test_explain_says_yes_and_no_and_why(console: Console) -> None:
    yes = console.ok("allowance", "explain", "--model", "opus")
    console.ok("allowance", "set", "--models", "sonnet")
    no = console.ok("allowance", "explain", "--model", "opus")

    assert "It would be let in." in yes.splitlines()
    assert "It would be refused by the limit on models: " in no


def test_explain_as_json_names_the_first_rule_that_denies(console: Console) -> None:
    console.ok("allowance", "set", "--daily-jobs", "0", "--models", "sonnet")

    value = console("allowance", "explain", "--agent", "bob", "--json").json

    assert set(value) == {"ask", "granted", "denial", "sentences"}
    assert (value["ask"]["agent_id"], value["ask"]["model"]) == ("bob", "sonnet")
    assert value["granted"] is False
    assert value["denial"]["rule"] == "daily_jobs"
    assert set(value["denial"]) == {"rule", "used", "held", "limit", "retry_at", "reason"}


def test_a_denied_claim_says_what_and_how_to_change_it(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("allowance", "set", "--daily-jobs", "0")

    code, message, hint = console("claim").error

    assert code == 4
    assert "me" in message
    assert "`runner allowance set --daily-jobs" in hint
    assert console.show("T-1")["status"] == "pending"


def test_repair_has_nothing_to_do_with_a_whole_ledger(console: Console) -> None:
    console.hold("r-other")

    assert console.ok("allowance", "repair") == "The allowance is whole; nothing was changed."
    assert isinstance(console("allowance", "repair", "--json").json, dict)


def test_a_damaged_ledger_is_told_and_can_be_repaired(console: Console) -> None:
    console.hold("r-other")
    for file in (console.state / "allowance").iterdir():
        if file.is_file() and file.stat().st_size:
            file.write_bytes(b"rubbish\n" + file.read_bytes()[8:])

    said = console("allowance", "show")
    assert said.code == 5
    assert "runner allowance repair" in said.error[2]

    console.ok("allowance", "repair")
    assert console("allowance", "show").code == 0
