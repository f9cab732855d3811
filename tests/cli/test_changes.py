"""Commands by which a person changes a task's state."""

from __future__ import annotations

import pytest

from runner.runs.allowing import NOTHING_ALLOWED
from tests.cli.console import Console


@pytest.fixture
def console(console: Console) -> Console:
    """With one task in the queue."""
    console.ok("submit", "Fix add")
    return console


def test_update_changes_what_is_said_and_nothing_else(console: Console) -> None:
    assert console.ok("update", "T-1", "--progress", "40", "--note", "half") == "T-1 is updated"
    assert console("update", "T-1", "--note", "", "--json").json["note"] == ""

    task = console.show("T-1")

    assert (task["progress"], task["note"], task["status"]) == (40, "", "pending")


def test_update_sets_a_status_that_the_table_allows(console: Console) -> None:
    console.ok("update", "T-1", "--status", "blocked")

    assert console.show("T-1")["status"] == "blocked"


def test_update_says_anew_what_a_task_closes_and_clears_it(console: Console) -> None:
    assert console.ok("update", "T-1", "--closes", "12", "--closes", "acme/widget#7") == "T-1 is updated"
    assert "Closes:         #12, acme/widget#7\n" in console.ok("show", "T-1")

    console.ok("update", "T-1", "--closes", "13")
    assert console.show("T-1")["closes"] == ["#13"]
    console.ok("update", "T-1", "--note", "seen")
    assert console.show("T-1")["closes"] == ["#13"]

    assert console("update", "T-1", "--closes", "", "--json").json["closes"] == []
    assert "Closes" not in console.ok("show", "T-1")


def test_what_a_task_closes_can_be_changed_under_a_holder_who_is_told_of_a_run(console: Console) -> None:
    console.held_by("bob", "T-1")
    assert console.ok("update", "T-1", "--closes", "12") == "T-1 is updated"
    console.ok("release", "T-1")
    console.held_by("ada", "T-1", run_id="r-7")

    told = console.ok("update", "T-1", "--closes", "13").splitlines()

    assert told == ["T-1 is updated", "r-7 began before that: it closes what was said when it began"]
    assert console.show("T-1")["closes"] == ["#13"]
    assert len(console.ok("update", "T-1", "--note", "x").splitlines()) == 1


def test_what_an_ended_task_closes_is_settled(console: Console) -> None:
    console.ok("cancel", "T-1")

    code, told, hint = console("update", "T-1", "--closes", "12").error

    assert (code, told) == (3, "T-1 is cancelled: what it closes is settled")
    assert "runner requeue" in hint


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say what to change: --status, --progress, --note or --closes"),
        (["--progress", "101"], "invalid value for '--progress': 101 is not in the range 0<=x<=100"),
        (["--closes", "soon"], "'soon' is no issue"),
        (["--closes", "", "--closes", "12"], "'' is no issue"),
        (["--status", "sleeping"], "invalid value for '--status': 'sleeping' is not one of"),
    ],
)
def test_update_refuses_what_means_nothing(console: Console, words: list[str], message: str) -> None:
    code, told, _ = console("update", "T-1", *words).error

    assert code == 2
    assert told.startswith(message)


def test_a_held_task_takes_notes_but_no_status(console: Console) -> None:
    console.held_by("bob", "T-1")

    console.ok("update", "T-1", "--progress", "50", "--note", "seen")
    code, told, hint = console("update", "T-1", "--status", "pending").error

    assert code == 3
    assert told.startswith("T-1 is ")
    assert "runner release" in hint
    assert console.show("T-1")["status"] == "in_progress"


def test_complete_ends_a_task_with_its_result(console: Console) -> None:
    said = console.ok("complete", "T-1", "--output", "in the meeting", "--artifact", "https://example.org/n")

    task = console.show("T-1")
    assert said == "T-1 is completed"
    assert task["status"] == "completed"
    assert task["result"] == {
        "success": True,
        "output": "in the meeting",
        "error": "",
        "artifacts": ["https://example.org/n"],
    }


def test_complete_failed_makes_a_dead_letter_with_its_cause(console: Console) -> None:
    assert console.ok("complete", "T-1", "--failed", "--error", "not wanted any more") == "T-1 is failed"

    task = console.show("T-1")
    assert (task["status"], task["fail_reason"]) == ("failed", "not wanted any more")
    assert "Failed because: not wanted any more" in console.ok("show", "T-1")


def test_an_error_belongs_to_a_failure(console: Console) -> None:
    assert console("complete", "T-1", "--error", "x").error[:2] == (2, "--error goes with --failed")


def test_cancel_and_requeue_go_there_and_back(console: Console) -> None:
    assert console.ok("cancel", "T-1") == "T-1 is cancelled"
    assert console.show("T-1")["status"] == "cancelled"
    assert console.ok("requeue", "T-1") == "T-1 is pending again"
    assert console.show("T-1")["status"] == "pending"


def test_release_takes_a_task_out_of_its_holders_hands(console: Console) -> None:
    console.held_by("bob", "T-1")

    assert console.ok("release", "T-1") == "T-1 is pending again"

    task = console.show("T-1")
    assert (task["status"], task["claimed_by"], task["attempts"]) == ("pending", None, [])


def test_an_answer_lets_a_blocked_task_go_on(console: Console) -> None:
    console.ok("update", "T-1", "--status", "blocked")

    assert console.ok("answer", "T-1", "Yes,\ndo it.") == "T-1 goes on: Yes, do it."

    task = console.show("T-1")
    assert (task["status"], task["answer"]) == ("pending", "Yes,\ndo it.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("allow", "allowed to change: .github/workflows/ci.yml"),
        ("Allow it.", "allowed to change: .github/workflows/ci.yml"),
        ("allow CLAUDE.md .envrc", "allowed to change: CLAUDE.md, .envrc"),
        ("Allow nothing under .github/ please", NOTHING_ALLOWED),
        ("allow .github/workflows/ci.yml but never .envrc", NOTHING_ALLOWED),
        ("yes, allow", NOTHING_ALLOWED),
    ],
)
def test_an_answer_says_which_files_it_allows(console: Console, answer: str, told: str) -> None:
    console.ok("submit", "Edit the CI", "-d", "Please edit .github/workflows/ci.yml")
    console.ok("update", "T-2", "--status", "blocked")

    said = console.ok("answer", "T-2", answer)

    assert said == f"T-2 goes on: {answer}\n{told}"


@pytest.mark.parametrize("words", [["answer", "T-1", "yes"], ["release", "T-1"], ["requeue", "T-1"]])
def test_what_a_waiting_task_does_not_allow_is_a_conflict(console: Console, words: list[str]) -> None:
    code, told, hint = console(*words).error

    assert code == 3
    assert told.startswith("T-1 is pending: ")
    assert hint == "it is in the queue; nobody holds it"


@pytest.mark.parametrize(
    "words", [["complete"], ["complete", "--failed"], ["cancel"], ["update", "--status", "blocked"]]
)
def test_what_has_ended_stays_ended(console: Console, words: list[str]) -> None:
    console.ok("complete", "T-1")

    code, told, hint = console(words[0], "T-1", *words[1:]).error

    assert code == 3
    assert told.startswith("T-1 is completed: ")
    assert "runner requeue" in hint


@pytest.mark.parametrize(
    "words",
    [
        ["update", "T-9", "--note", "x"],
        ["complete", "T-9"],
        ["cancel", "T-9"],
        ["requeue", "T-9"],
        ["release", "T-9"],
        ["answer", "T-9", "x"],
    ],
)
def test_each_of_them_knows_that_a_task_is_unknown(console: Console, words: list[str]) -> None:
    assert console(*words).error == (1, "there is no task 'T-9'", "`runner list` shows the tasks there are")


@pytest.mark.parametrize("words", [["complete"], ["cancel"], ["update", "--note", "x"]])
def test_each_of_them_prints_the_task_as_json(console: Console, words: list[str]) -> None:
    said = console(words[0], "T-1", *words[1:], "--json")

    assert said.json == console.show("T-1")
