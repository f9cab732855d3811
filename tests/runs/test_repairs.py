"""What a pull request and the terminal tell of repairs."""

from __future__ import annotations

import pytest

from runner.runs.model import Check, Evidence
from runner.runs.record import Json
from runner.runs.repairs import repair_intent, repair_notes, repair_title


def check(command: str, exit_code: int = 0) -> Check:
    return Check(command=command, exit_code=exit_code, seconds=0.1, tail="")


def evidence(*result: Check) -> Evidence:
    return Evidence(base=(check("pytest"), check("ruff")), result=result)


def asked(number: int, *commands: str) -> Json:
    intent = repair_intent(tuple(check(command, 1) for command in commands), number)
    return {"name": "claude", "intent": intent}


GREEN = evidence(check("pytest"), check("ruff"))
FIRST: Json = {"name": "claude", "intent": {"session_id": "s"}}


def test_what_was_repaired_is_told_with_its_rounds() -> None:
    once = repair_notes([FIRST, asked(1, "pytest", "ruff")], GREEN)
    twice = repair_notes([FIRST, asked(1, "pytest"), asked(2, "pytest", "ruff")], GREEN)

    assert once == ["Claude repaired what its first version had turned red: `pytest`, `ruff` (1 round)."]
    assert twice == ["Claude repaired what earlier versions had turned red: `pytest`, `ruff` (2 rounds)."]


def test_what_stayed_red_is_not_told_as_repaired() -> None:
    notes = repair_notes([FIRST, asked(1, "pytest", "ruff")], evidence(check("pytest", 1), check("ruff")))

    assert notes == [
        "Claude repaired what its first version had turned red: `ruff` (1 round).",
        "Claude tried to repair `pytest` (1 round); it is still red.",
    ]


def test_a_round_that_was_begun_twice_counts_once() -> None:
    (note,) = repair_notes([asked(1, "pytest"), asked(1, "pytest")], GREEN)

    assert note.endswith("`pytest` (1 round).")


def test_repairs_of_a_conversation_that_was_given_up_do_not_count() -> None:
    assert repair_notes([asked(1, "pytest"), {"name": "context"}, FIRST], GREEN) == []


@pytest.mark.parametrize(
    "steps", [None, [], "x", [3, {}, FIRST], [{"name": "claude", "intent": {"repair": "x"}}]]
)
def test_where_nothing_was_repaired_nothing_is_told(steps: Json) -> None:
    assert repair_notes(steps, GREEN) == []


def test_the_line_of_a_repair_says_which_round_it_is() -> None:
    red = (check("pytest", 1), check("ruff", 1))

    assert repair_title(red[:1], 2, 3) == "claude repairs what turned red (round 2 of 3): pytest"
    assert repair_title(red, 1, 3).endswith("(round 1 of 3): pytest and 1 more")
