"""What a run amounts to, from facts alone."""

from __future__ import annotations

import pytest

from runner.allowance.model import Tokens
from runner.claude.protocol import ClaudeResult, ToolDenial
from runner.runs.judging import first_line, judge_answer, judge_evidence
from runner.runs.model import Check, Evidence
from runner.tasks.model import Outcome


def answer(
    text: str = "all done", *, outcome: Outcome = Outcome.DONE, denials: tuple[ToolDenial, ...] = ()
) -> ClaudeResult:
    return ClaudeResult(
        outcome=outcome, text=text, tokens=Tokens(), cost_nano_usd=0, session_id="s", denials=denials
    )


def check(command: str, *, green: bool) -> Check:
    return Check(command=command, exit_code=0 if green else 1, seconds=0.1, tail="")


def test_a_change_goes_on_to_verification() -> None:
    assert judge_answer(answer(), changed=True).outcome is Outcome.DONE


def test_any_other_ending_is_its_own_judgement_with_its_first_words() -> None:
    judgement = judge_answer(answer("\n  API Error: 529\nmore", outcome=Outcome.OVERLOADED), changed=True)

    assert (judgement.outcome, judgement.cause) == (Outcome.OVERLOADED, "API Error: 529")


def test_an_ending_without_words_is_named() -> None:
    assert judge_answer(answer("", outcome=Outcome.NO_RESULT), changed=False).cause == "no_result"


def test_a_question_counts_also_with_a_change() -> None:
    judgement = judge_answer(answer("Looked.\n\nQUESTION: left or right?"), changed=True)

    assert (judgement.outcome, judgement.question) == (Outcome.NEEDS_INPUT, "left or right?")


def test_denials_without_a_change_name_what_was_wanted() -> None:
    denials = tuple(ToolDenial(tool="Bash", what=f"cmd {number}") for number in range(5))

    judgement = judge_answer(answer(denials=denials), changed=False)

    assert judgement.outcome is Outcome.NEEDS_INPUT
    assert "Bash: cmd 0; Bash: cmd 1; Bash: cmd 2." in judgement.question
    assert "cmd 3" not in judgement.question


def test_denials_beside_a_change_do_not_stop_it() -> None:
    denials = (ToolDenial(tool="Bash", what="ls"),)

    assert judge_answer(answer(denials=denials), changed=True).outcome is Outcome.DONE


def test_no_change_is_an_outcome_of_its_own() -> None:
    assert judge_answer(answer(), changed=False).outcome is Outcome.DONE_NO_CHANGE


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (True, True, Outcome.DONE),
        (True, False, Outcome.CHECKS_FAILED),
        (False, True, Outcome.DONE),
        (False, False, Outcome.DONE),
    ],
)
def test_only_green_turned_red_fails(before: bool, after: bool, outcome: Outcome) -> None:
    evidence = Evidence(base=(check("t", green=before),), result=(check("t", green=after),))

    assert judge_evidence(evidence).outcome is outcome


def test_what_turned_red_is_named() -> None:
    evidence = Evidence(
        base=(check("a", green=True), check("b", green=True)),
        result=(check("a", green=False), check("b", green=False)),
    )

    assert judge_evidence(evidence).cause == "turned red: `a`, `b`"


def test_what_turned_green_is_known() -> None:
    evidence = Evidence(base=(check("a", green=False),), result=(check("a", green=True),))

    assert [one.command for one in evidence.turned_green] == ["a"]


def test_a_time_out_is_not_green() -> None:
    assert not Check(command="t", exit_code=0, seconds=1.0, tail="", timed_out=True).green


def test_the_first_line_is_cut() -> None:
    assert first_line("\n \n" + "x" * 500) == "x" * 200
    assert first_line("  \n") == ""
