"""`runner show` and `list` say why a task waits, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runner.storage.database import Database
from runner.tasks.archive import archive_ended
from runner.tasks.embedded import EmbeddedClaims
from runner.tasks.model import ClaimRequest
from runner.tasks.schema import TASKS
from tests.cli.console import Console


def test_what_tasks_wait_for_is_told_with_what_to_do(console: Console) -> None:
    console.ok("submit", "First")
    console.ok("submit", "Second")
    console.ok("cancel", "T-2")
    console.ok("submit", "Third", "--needs", "1", "--needs", "2", "--requires", "gpu")

    page = console.ok("show", "T-3").splitlines()
    at = page.index("Waits because:  T-3 waits for ever for T-2 (cancelled)")
    assert page[at + 1 : at + 6] == [
        " " * 16 + "`runner requeue T-2` tries that again, `runner cancel T-3` gives this one up",
        "Waits because:  T-3 requires gpu, which this agent does not have",
        " " * 16 + "if it has: `runner config set capabilities gpu`",
        "Waits because:  T-3 waits for T-1 (pending)",
        " " * 16 + "`runner show T-1` tells how far that is",
    ]
    assert "T-2; gpu; T-1" in console.ok("list", "--status", "pending")


def test_what_tasks_wait_for_is_in_the_json(console: Console) -> None:
    console.ok("submit", "First", "--requires", "GPU")
    console.ok("submit", "Second", "--needs", "1")

    first, second = console("list", "--json").json

    (lacking,) = first["waits_for"]
    assert (lacking["kind"], lacking["names"], lacking["until"]) == ("capabilities", ["gpu"], None)
    (needs,) = second["waits_for"]
    assert (needs["kind"], needs["names"]) == ("needs", ["T-1"])
    console.ok("config", "set", "capabilities", "GPU,web")
    assert console.show("T-1")["waits_for"] == []


def test_a_task_that_nothing_holds_up_takes_no_column(console: Console) -> None:
    console.ok("submit", "First")

    assert "WAITS FOR" not in console.ok("list")
    console.held_by("bob", "T-1")
    line = console.ok("list").splitlines()[1]
    assert "bob until 2" in line


def test_a_question_is_told_with_how_to_answer(console: Console) -> None:
    console.ok("submit", "First")
    console.ok("update", "T-1", "--status", "blocked")

    assert "Waits because:  T-1 is blocked by hand\n" in console.ok("show", "T-1")
    assert "an answer" in console.ok("list")


def test_a_run_that_holds_a_task_is_named(console: Console) -> None:
    console.ok("submit", "First")
    with Database(console.state / "queue.db", schemas=(TASKS,)) as database:
        EmbeddedClaims(database).claim(ClaimRequest(agent_id="bob", request_id="r-1", run_id="r-1"))

    assert "Held by:        bob (fence 1, run r-1) until 2" in console.ok("show", "T-1")


def test_a_task_that_is_archived_is_still_shown_and_says_so(console: Console) -> None:
    console.ok("submit", "First", "-d", "It is late.")
    console.ok("complete", "T-1", "--output", "now it is not", "--artifact", "https://example.org/1")
    with Database(console.state / "queue.db", schemas=(TASKS,)) as database:
        later = datetime.now(UTC) + timedelta(days=100)
        assert archive_ended(database, now=later) == 1

    page = console.ok("show", "T-1")
    assert "\nArchived:       2" in page
    assert "\nResult:\nnow it is not\nArtifact:       https://example.org/1\n\nIt is late." in page
    assert console.show("T-1")["archived_at"] is not None
    assert console.ok("list", "--json") == "[]"
    code, message, hint = console("requeue", "T-1").error
    assert (code, message) == (3, "T-1 ended long ago and was archived: it can only be looked at")
    assert hint.startswith("`runner show T-1`")
