"""What a task waits for, in words: one rule for claims, dry runs and what people are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runner.tasks.model import Attempt, Outcome, ParkedFor, Priority, Status, Task
from runner.tasks.waiting import Wait, WaitKind, waiting_for
from tests.support.queues import START

LATER = START + timedelta(minutes=5)
TASK = Task(
    id="T-3",
    title="Fix the clock",
    project="widget",
    description="",
    priority=Priority.MEDIUM,
    status=Status.PENDING,
    labels=(),
    requires=(),
    files=(),
    needs=("T-1", "T-2"),
    max_attempts=3,
    model=None,
    created_at=START,
    updated_at=START,
)
DONE = {"T-1": Status.COMPLETED, "T-2": Status.COMPLETED}
TRIED = Attempt(
    number=1, outcome=Outcome.CHECKS_FAILED, cause="red", agent_id="ada", run_id="r-1", ended_at=START
)
HELD = replace(TASK, status=Status.IN_PROGRESS, claimed_by="ada", lease_until=LATER)


def waits(task: Task, needs: dict[str, Status] = DONE, *capabilities: str) -> tuple[Wait, ...]:
    return waiting_for(task, needs=needs, capabilities=capabilities, now=START)


@pytest.mark.parametrize(
    "task",
    [
        TASK,
        replace(TASK, not_before=START, parked_for=ParkedFor.RETRY),
        replace(HELD, lease_until=START),
        *(replace(TASK, status=status) for status in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)),
    ],
)
def test_what_is_ready_or_over_waits_for_nothing(task: Task) -> None:
    assert waits(task) == ()


def test_a_need_that_nobody_knows_any_more_was_completed() -> None:
    assert waits(TASK, {}) == ()


def test_a_holder_is_named_and_nothing_else() -> None:
    (wait,) = waits(replace(HELD, requires=("gpu",)), {"T-1": Status.FAILED})

    assert (wait.kind, wait.names, wait.until) == (WaitKind.HOLDER, ("ada",), LATER)
    assert wait.text == "T-3 is held by ada until 2026-03-01 12:05:00 UTC"
    assert wait.brief == "ada until 2026-03-01 12:05 UTC"


def test_who_asks_for_what_they_hold_is_told_so() -> None:
    (wait,) = waiting_for(HELD, needs={}, capabilities=(), now=START, asking="ada")

    assert wait.text == "T-3 is held by you (ada) until 2026-03-01 12:05:00 UTC"
    assert wait.hint == "`runner release T-3` gives it back"


def test_the_holder_of_a_last_attempt_that_is_gone_is_named() -> None:
    (wait,) = waits(replace(HELD, lease_until=START, max_attempts=1))

    assert wait.kind is WaitKind.LOST
    assert wait.text == "T-3 is lost: ada was not heard of again, and it was the last attempt"
    assert "runner release T-3" in wait.hint


@pytest.mark.parametrize(
    ("question", "text", "hint"),
    [
        ("Which\ncolour?", "T-3 is blocked, a person must answer: Which colour?", "runner answer T-3"),
        ("", "T-3 is blocked by hand", "runner update T-3 --status pending"),
    ],
)
def test_a_question_is_repeated(question: str, text: str, hint: str) -> None:
    (wait,) = waits(replace(TASK, status=Status.BLOCKED, question=question))

    assert (wait.kind, wait.text, wait.brief) == (WaitKind.ANSWER, text, "an answer")
    assert hint in wait.hint


def test_needs_that_come_and_needs_that_never_will_are_told_apart() -> None:
    never, later = waits(TASK, {"T-1": Status.IN_PROGRESS, "T-2": Status.FAILED})

    assert (never.kind, never.names, never.brief) == (WaitKind.LOST_NEEDS, ("T-2",), "T-2")
    assert never.text == "T-3 waits for ever for T-2 (failed)"
    assert "runner requeue T-2" in never.hint
    assert (later.kind, later.names) == (WaitKind.NEEDS, ("T-1",))
    assert later.text == "T-3 waits for T-1 (in progress)"


def test_capabilities_that_are_missing_are_named_with_how_to_have_them() -> None:
    (wait,) = waits(replace(TASK, requires=("gpu", "mac", "web")), DONE, "web")

    assert (wait.kind, wait.names) == (WaitKind.CAPABILITIES, ("gpu", "mac"))
    assert wait.text == "T-3 requires gpu, mac, which this agent does not have"
    assert wait.hint.endswith("`runner config set capabilities web,gpu,mac`")


@pytest.mark.parametrize(
    ("parked_for", "why"),
    [
        (ParkedFor.RETRY, ": it pauses after attempt 1 of 3 (checks failed)"),
        (ParkedFor.LIMIT, ": the usage limit resets then"),
        (ParkedFor.LIMIT_UNKNOWN, ": a usage limit was met"),
        (ParkedFor.SIGN_IN, ": claude was not signed in"),
        (ParkedFor.BILLING, ": nobody pays for claude"),
        (ParkedFor.GIVEN_BACK, ": the forge is away"),
        (None, ""),
    ],
)
def test_a_pause_says_why_and_until_when(parked_for: ParkedFor | None, why: str) -> None:
    task = replace(TASK, not_before=LATER, parked_for=parked_for, attempts=(TRIED,), note="the forge is away")

    (wait,) = waits(task)

    assert (wait.kind, wait.until) == (WaitKind.TIME, LATER)
    assert wait.text == f"T-3 is parked until 2026-03-01 12:05:00 UTC{why}"
    assert wait.brief == "until 2026-03-01 12:05 UTC"


def test_a_pause_without_a_word_says_little() -> None:
    given_back = replace(TASK, not_before=LATER, parked_for=ParkedFor.GIVEN_BACK)
    requeued = replace(TASK, not_before=LATER, parked_for=ParkedFor.RETRY)

    assert waits(given_back)[0].text.endswith(": given back")
    assert waits(requeued)[0].text.endswith("12:05:00 UTC")


def test_every_word_of_every_wait_is_one_line() -> None:
    task = replace(
        TASK, status=Status.BLOCKED, question="a\n\nb", requires=("gpu",), not_before=LATER, note="x"
    )

    for wait in waits(task, {"T-1": Status.PENDING, "T-2": Status.CANCELLED}):
        assert "\n" not in wait.text + wait.hint + wait.brief
        assert wait.hint
