"""Every outcome and every state of a run is one sentence and one command."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runner.runs.explaining import DOING, TaskNow, explain
from runner.runs.model import Step
from runner.runs.overview import Overview, RunState
from runner.tasks.model import Outcome, Status

PR = "https://github.com/acme/widget/pull/7"
PARKED = TaskNow(status=Status.PENDING, parked=True)
READY = TaskNow(status=Status.PENDING)


def run(outcome: Outcome | None = None, state: RunState = RunState.FINISHED, **facts: Any) -> Overview:
    known = {"task_id": "T-7", "branch": "fix/T-7-clock", "base_branch": "main"}
    return Overview(
        run_id="r-1", folder=Path("/runs/r-1"), state=state, outcome=outcome, **{**known, **facts}
    )


def said(*arguments: Any, now: TaskNow | None = None, **facts: Any) -> tuple[str, str]:
    explained = explain(run(*arguments, **facts), now)
    return explained.sentence, explained.next_command


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("status", [None, *Status])
def test_every_outcome_has_one_sentence_and_a_command(outcome: Outcome, status: Status | None) -> None:
    sentence, command = said(outcome, cause="it said so.\nAnd more", now=TaskNow(status=status))

    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "\n" not in sentence
    assert command.split()[0] in {"runner", "gh", "git", "claude"}


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_one_too(state: RunState) -> None:
    sentence, command = said(Outcome.DONE, state)

    assert sentence.endswith(".")
    assert command


def test_each_step_can_be_told() -> None:
    assert set(DOING) == set(Step)


def test_a_change_in_a_pull_request() -> None:
    assert said(Outcome.DONE, pull_request=PR, checked=True, remote="origin") == (
        f"The change passed the checks and is in the pull request {PR}.",
        f"gh pr view {PR}",
    )


def test_a_change_that_nothing_checked_says_so() -> None:
    assert "(no checks are configured)" in said(Outcome.DONE, pull_request=PR)[0]


def test_a_check_that_was_red_before_and_still_is_is_not_said_to_have_passed() -> None:
    sentence, _ = said(Outcome.DONE, pull_request=PR, checked=True, still_red=("pytest -q", "ruff check ."))

    assert sentence == (
        "The change turned no green check red (`pytest -q`, `ruff check .` was red before, and still is) and is in the"
        f" pull request {PR}."
    )


def test_a_delivery_that_waits_for_a_task_that_was_cancelled_waits_no_more() -> None:
    facts = {"trouble": "no network", "retry_at": datetime(2026, 11, 22, 15, 30, tzinfo=UTC)}
    cancelled = TaskNow(status=Status.CANCELLED)

    kept = said(None, RunState.WAITING, now=cancelled, **facts)
    there = said(None, RunState.WAITING, now=cancelled, delivered=True, **facts)

    assert kept == (
        "The work is done and not delivered, and meanwhile the task is cancelled: the next claim ends the run, and"
        " keeps its work.",
        "runner resume r-1",
    )
    assert "is delivered, but not all that follows is told; it waits, until" in there[0]


def test_a_run_that_was_stopped_and_then_ended_at_once_says_what_is_left() -> None:
    sentence, command = said(None, RunState.UNFINISHED, at=Step.CLAUDE, session_id="s-1", interrupted=True)

    assert sentence.endswith("gives the task back, the next claim goes on with its conversation.")
    assert command == "runner resume r-1"


def test_a_change_on_a_branch_of_the_remote() -> None:
    assert said(Outcome.DONE, remote="origin", checked=True) == (
        "The change passed the checks and is on the branch fix/T-7-clock of origin, without a pull request.",
        "git fetch origin fix/T-7-clock && git diff main...FETCH_HEAD",
    )


def test_a_change_on_a_branch_of_the_checkout() -> None:
    written = said(Outcome.DONE, checked=True, pull_request="file:///runs/r-1/pull_request.md")
    without = said(Outcome.DONE, checked=True, base_branch="", base_commit="abc")

    assert written == (
        "The change passed the checks and is on the branch fix/T-7-clock of your checkout; the text for its pull"
        " request is in /runs/r-1.",
        "git diff main...fix/T-7-clock",
    )
    assert without[0].endswith("of your checkout.")
    assert without[1] == "git diff abc...fix/T-7-clock"


def test_a_question_is_told_with_the_way_to_answer() -> None:
    asked = said(Outcome.NEEDS_INPUT, question="UTC or local time?", now=TaskNow(status=Status.BLOCKED))
    answered = said(Outcome.NEEDS_INPUT, question="UTC or local time?", now=READY)
    found = said(Outcome.NEEDS_INPUT, cause="a secret was found in config.py")

    assert asked == (
        "A person must answer before the task goes on: UTC or local time?",
        'runner answer T-7 "TEXT"',
    )
    assert answered[0].startswith("A person was asked before the task could go on, and it did since")
    assert answered[1] == "runner show T-7"
    assert found[0] == "A person must answer before the task goes on: a secret was found in config.py."


def test_red_checks_are_named() -> None:
    draft = said(Outcome.CHECKS_FAILED, turned_red=("pytest -q", "ruff check ."), pull_request=PR, now=READY)
    nothing = said(Outcome.CHECKS_FAILED, now=TaskNow(status=Status.FAILED))

    assert draft == (
        "The change turned `pytest -q`, `ruff check .` from green to red and claude could not mend it; a draft with"
        f" the evidence is at {PR}.",
        "runner claim T-7",
    )
    assert nothing == (
        "The change turned a check from green to red and claude could not mend it; nothing was opened.",
        "runner requeue T-7",
    )


def test_a_cap_is_raised_where_it_was_reached() -> None:
    tokens = said(Outcome.BUDGET, cause="the run's cap of 100 tokens is used up")
    money = said(Outcome.BUDGET, cause="Reached maximum budget ($2)")

    assert tokens[1] == "runner allowance set --run-tokens N"
    assert money == (
        "The run reached its cap: Reached maximum budget ($2).",
        "runner allowance set --run-cost USD",
    )


def test_a_usage_limit_says_until_when() -> None:
    known = said(Outcome.LIMIT_UNTIL, retry_at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC))
    unknown = said(Outcome.LIMIT_UNTIL)

    assert "waits until 2026-11-22 15:30 UTC and then goes on" in known[0]
    assert "waits and then goes on" in unknown[0]
    assert known[1] == "runner claim --wait"


@pytest.mark.parametrize(
    ("now", "command"),
    [
        (READY, "runner claim T-7"),
        (None, "runner claim T-7"),
        (PARKED, "runner claim --wait"),
        (TaskNow(status=Status.FAILED), "runner requeue T-7"),
        (TaskNow(status=Status.CANCELLED), "runner requeue T-7"),
        (TaskNow(status=Status.COMPLETED), "runner show T-7"),
        (TaskNow(status=Status.IN_PROGRESS), "runner show T-7"),
    ],
)
def test_how_it_is_tried_again_follows_the_task(now: TaskNow | None, command: str) -> None:
    assert said(Outcome.CRASHED, cause="cannot push", now=now) == ("The run broke off: cannot push.", command)


def test_cancelled_and_interrupted_are_told_apart() -> None:
    cancelled = said(Outcome.CANCELLED, now=TaskNow(status=Status.CANCELLED))
    interrupted = said(Outcome.CANCELLED, cause="stopped: interrupted", now=READY)

    assert cancelled[0].startswith("The task was cancelled while it was worked on")
    assert interrupted[0] == "The run was told to stop: interrupted; the task was given back."


def test_a_run_at_work_can_be_stopped() -> None:
    assert said(None, RunState.RUNNING, pid=4711, at=Step.VERIFY) == (
        "Process 4711 is at work on it: running the checks on the result.",
        "runner stop r-1",
    )


def test_a_broken_off_run_says_where_and_what_is_recorded() -> None:
    before = said(None, RunState.UNFINISHED, at=Step.PREPARE)
    within = said(None, RunState.UNFINISHED, at=Step.CLAUDE, session_id="s-1")
    after = said(None, RunState.UNFINISHED, at=Step.CLAUDE, at_ended=True, session_id="s-1")
    nowhere = said(None, RunState.UNFINISHED)

    assert before == (
        "The run was broken off while preparing the work tree; claude was not asked yet, so it is undone when it is"
        " resumed.",
        "runner resume r-1",
    )
    assert "while asking claude; its conversation goes on" in within[0]
    assert "after asking claude" in after[0]
    assert "while starting" in nowhere[0]


def test_a_waiting_delivery_says_how_far_it_came() -> None:
    until = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    made = ("0123456789abcdef",)
    nothing = said(None, RunState.WAITING, at=Step.COMMIT)
    waits = said(None, RunState.WAITING, at=Step.PUSH, commits=made, trouble="no network", retry_at=until)
    pushed = said(None, RunState.WAITING, at=Step.PULL_REQUEST, commits=made, delivered=True)
    opened = said(None, RunState.WAITING, at=Step.REPORT, commits=made, delivered=True, pull_request=PR)

    assert (
        nothing[0]
        == "The work is done and the change is not delivered yet; it was broken off while committing."
    )
    assert waits == (
        "The work is done and commit 0123456789 on fix/T-7-clock is not delivered yet; it waits, until 2026-11-22"
        " 15:30 UTC: no network.",
        "runner resume r-1",
    )
    assert "is delivered, but not all that follows is told; it was broken off while opening" in pushed[0]
    assert f"its pull request is {PR}, but the end is not reported" in opened[0]


def test_a_damaged_record_says_what_is_wrong() -> None:
    sentence, command = said(None, RunState.DAMAGED, trouble="run.json: is not a JSON object")

    assert sentence.endswith("nobody can go on with this run: run.json: is not a JSON object.")
    assert command == "ls -la /runs/r-1"


def test_a_run_of_an_unknown_task_leaves_its_place_free() -> None:
    assert said(Outcome.INVALID_REQUEST, task_id="")[1] == "runner requeue TASK"


def test_what_stands_in_a_command_is_quoted_for_the_shell() -> None:
    odd = said(Outcome.DONE, branch="fix/$(x)", base_branch="a;b", remote="origin")[1]

    assert odd == "git fetch origin 'fix/$(x)' && git diff 'a;b...FETCH_HEAD'"
