"""What people read: the table, the sentences of `explain`, and the advice in a refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.allowance.model import Ask, HoldState, Limits, Reservation
from runner.allowance.report import cap_lines, explain, hold_rows, refusal, report, rule_rows
from runner.allowance.rules import Usage, quotas, verdict
from tests.allowance.world import ask, process

DAY = 20_000
LIMITS = Limits(
    models=("sonnet", "haiku"),
    daily_tokens=2_000_000,
    daily_jobs=20,
    concurrent_jobs=2,
    daily_cost_nano=10 * 10**9,
    run_tokens=400_000,
    run_cost_nano=2 * 10**9,
    job_duration_s=1_800,
)
USAGE = Usage(
    tokens=1_200_000,
    held_tokens=400_000,
    jobs=19,
    held_jobs=1,
    running=1,
    cost_nano=12 * 10**9,
    held_cost_nano=2 * 10**9,
)
HOLD = Reservation(
    id="r-1",
    agent_id="me",
    model="sonnet",
    day=DAY,
    tokens=400_000,
    cost_nano=2 * 10**9,
    state=HoldState.OPEN,
    holder=process(41),
)


def told(wanted: Ask, limits: Limits, usage: Usage) -> tuple[str, ...]:
    answer = verdict(wanted, limits=limits, usage=usage, day=DAY)
    return explain(wanted, answer, limits=limits, source="allowance.toml")


def test_every_rule_is_a_row_with_what_is_left() -> None:
    shown = report("me", limits=LIMITS, source="allowance.toml", quotas=quotas(LIMITS, USAGE), holds=[HOLD])

    assert rule_rows(shown) == (
        ("tokens a day", "1,200,000", "400,000", "400,000", "2,000,000", "nearly spent"),
        ("jobs a day", "19", "1", "0", "20", "spent"),
        ("jobs at one time", "0", "1", "1", "2", ""),
        ("cost a day", "$12.00", "$2.00", "-$4.00", "$10.00", "in debt"),
    )
    assert hold_rows(shown) == (("r-1", "sonnet", "400,000", "$2.00", "41"),)
    assert cap_lines(shown) == (
        "models: sonnet, haiku",
        "one run: 400,000 tokens, $2.00, 1,800 s",
        "limits from: allowance.toml",
    )
    assert [row.unit for row in shown.rules] == ["tokens", "jobs", "jobs", "nano_usd"]
    assert (shown.rules[3].left, shown.rules[3].warning) == (-4 * 10**9, True)


def test_what_has_no_limit_is_unlimited_and_never_a_number() -> None:
    shown = report("me", limits=Limits(), source="x", quotas=quotas(Limits(), USAGE), holds=[])

    assert {row[3:] for row in rule_rows(shown)} == {("unlimited", "unlimited", "")}
    assert cap_lines(shown)[:2] == ("models: any", "one run: no cap")
    assert hold_rows(shown) == ()


def test_an_allow_list_without_a_model_says_none() -> None:
    limits = Limits(models=())

    assert cap_lines(report("me", limits=limits, source="x", quotas=(), holds=()))[0] == "models: none"
    assert "Models: allowed are none." in told(ask(), limits, Usage())


def test_a_granted_ask_is_explained() -> None:
    assert told(ask(tokens=5_000, cost=10**9), LIMITS, Usage(tokens=1_700_000)) == (
        "A run of agent me with model sonnet would hold 5,000 tokens and $1.00.",
        "It would be let in.",
        "Models: allowed are sonnet, haiku.",
        "Tokens a day: 1,700,000 used and 0 held of 2,000,000; 300,000 left (at least 80 % gone).",
        "Jobs a day: 0 used and 0 held of 20; 20 left.",
        "Jobs at one time: 0 used and 0 held of 2; 2 left.",
        "Cost a day: $0.00 used and $0.00 held of $10.00; $10.00 left.",
        "The limits come from: allowance.toml.",
    )


@pytest.mark.parametrize(
    ("wanted", "limits", "usage", "sentence", "advice"),
    [
        (
            ask(tokens=900),
            Limits(daily_tokens=1_000),
            Usage(tokens=500),
            "It could be let in from 2024-10-05 00:00 UTC on.",
            "wait until 2024-10-05 00:00 UTC, or change the limit with `runner allowance set --daily-tokens ...`",
        ),
        (
            ask(tokens=900),
            Limits(daily_tokens=1_000),
            Usage(held_tokens=500),
            "It could be let in when a run ends; when that is, nobody knows.",
            "wait until a run ends, or change the limit with `runner allowance set --daily-tokens ...`",
        ),
        (
            ask(),
            Limits(concurrent_jobs=1),
            Usage(running=1),
            "It could be let in when a run ends; when that is, nobody knows.",
            "wait until a run ends, or change the limit with `runner allowance set --concurrent-jobs ...`",
        ),
        (
            ask(cost=11),
            Limits(daily_cost_nano=10),
            Usage(held_cost_nano=5),
            "Waiting does not help: only another ask or another limit does.",
            "ask for less, or change the limit with `runner allowance set --daily-cost ...`",
        ),
        (
            ask(),
            Limits(daily_jobs=0),
            Usage(),
            "Waiting does not help: only another ask or another limit does.",
            "change the limit with `runner allowance set --daily-jobs ...`",
        ),
        (
            ask(model=""),
            LIMITS,
            Usage(),
            "Waiting does not help: only another ask or another limit does.",
            "choose a model that is allowed, or change the limit with `runner allowance set --models ...`",
        ),
    ],
)
def test_a_refusal_says_what_helps(
    wanted: Ask, limits: Limits, usage: Usage, sentence: str, advice: str
) -> None:
    denial = verdict(wanted, limits=limits, usage=usage, day=DAY).denial
    assert denial is not None

    error = refusal(denial, wanted)

    assert told(wanted, limits, usage)[2] == sentence
    assert str(error) == denial.reason
    assert (error.exit_code, error.hint, error.retry_at) == (4, advice, denial.retry_at)


def test_a_refused_ask_names_the_rule_first() -> None:
    lines = told(ask(tokens=900), Limits(daily_tokens=1_000), Usage(tokens=500))

    assert lines[1] == (
        "It would be refused by the limit on tokens a day: agent me needs 900 tokens; "
        "of 1,000 tokens a day 500 are used and 0 held."
    )
    assert "Jobs a day: 0 used and 0 held; there is no limit." in lines
    assert "Models: any model may be used." in lines


def test_an_ask_without_a_model_is_told_so() -> None:
    assert told(ask(model=""), Limits(), Usage())[0].startswith("A run of agent me with no named model")


def test_the_time_is_in_the_error_for_the_task_that_waits() -> None:
    wanted = ask(tokens=900)
    denial = verdict(wanted, limits=Limits(daily_tokens=1_000), usage=Usage(tokens=500), day=DAY).denial
    assert denial is not None

    assert refusal(denial, wanted).retry_at == datetime(2024, 10, 5, tzinfo=UTC)
