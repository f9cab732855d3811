"""`runner clean`, and the short round after a run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runner.process.stop import Stop, StopReason
from runner.storage.database import Database
from runner.tasks.schema import TASKS
from tests.cli.console import Console
from tests.runs.test_disk import as_plain_user, reachable
from tests.support.full_disk import no_file_larger_than
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
LONG_AGO = 1_700_000_000.0


@pytest.fixture
def run_id(console: Console, tmp_path: Path) -> str:
    """One run that is over, of long ago."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    console.ok("submit", "Fix add")
    made = str(console("claim", "--json").json["run_id"])
    os.utime(console.state / "runs" / made / "run.json", (LONG_AGO, LONG_AGO))
    return made


def kinds(things: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(thing["kind"], thing["name"]) for thing in things]


def test_a_machine_without_anything_is_clean_and_stays_empty(console: Console) -> None:
    said = console("clean")

    assert (said.code, said.out) == (0, "0 kB freed, 0 things within the bounds\n")
    assert not console.state.exists()


def test_what_goes_is_told_with_its_reason_and_size(console: Console, run_id: str) -> None:
    lines = console.ok("clean").splitlines()

    assert lines[0].startswith(f"removed run {run_id} (")
    assert lines[0].endswith(" kB): older than 30 days")
    assert " freed, 1 thing within the bounds" in lines[-1]
    assert not (console.state / "runs" / run_id).exists()


def test_a_dry_run_tells_the_same_and_removes_nothing(console: Console, run_id: str) -> None:
    told = console("clean", "--dry-run", "--json").json
    shown = console.ok("clean", "--dry-run").splitlines()
    done = console("clean", "--json").json

    assert shown[0].startswith(f"would remove run {run_id} (")
    assert " would be freed, " in shown[-1]
    assert told["dry_run"]
    for name in ("removed", "kept", "within", "archived"):
        assert told[name] == done[name]
    assert kinds(done["removed"]) == [("run", run_id)]


def test_flags_go_before_the_settings(console: Console, run_id: str) -> None:
    os.utime(console.state / "runs" / run_id / "run.json")

    by_settings = console("clean", "--dry-run", "--json").json["removed"]
    by_number = console("clean", "--dry-run", "--json", "--keep", "0").json["removed"]
    by_age = console("clean", "--dry-run", "--json", "--older-than", "0").json["removed"]
    console.ok("config", "set", "keep.runs", "0")
    by_new_settings = console("clean", "--dry-run", "--json").json["removed"]

    assert by_settings == []
    assert [thing["why"] for thing in by_number] == ["not among the newest 0"]
    assert ("run", run_id) in kinds(by_age)
    assert kinds(by_new_settings) == [("run", run_id)]


@pytest.mark.parametrize("words", [("--keep", "-1"), ("--older-than", "-1"), ("--keep", "many")])
def test_a_bound_that_is_none_is_refused(console: Console, words: tuple[str, str]) -> None:
    assert console("clean", *words).code == 2


def test_what_stays_is_told_with_its_reason(console: Console, run_id: str) -> None:
    (console.state / "runs" / run_id / "outcome.json").unlink()
    (console.state / "runs" / "notes").write_text("mine")

    lines = console.ok("clean", "--keep", "0").splitlines()

    assert any(line.startswith(f"kept run {console.state}/runs/{run_id}: ") for line in lines)
    assert f"kept what is not ours, {console.state}/runs/notes: it is not ours" in lines


def test_tasks_that_ended_long_ago_are_put_away(console: Console, run_id: str) -> None:
    with Database(console.state / "queue.db", schemas=(TASKS,)) as database, database.transaction() as tx:
        tx.run("DELETE FROM task_request")
        tx.run("DELETE FROM task_ending")
        tx.run("UPDATE task SET updated_at = ?", (1_000_000,))

    told, done = console.ok("clean", "--dry-run"), console.ok("clean")

    assert "would put away 1 task that ended long ago" in told
    assert "put away 1 task that ended long ago" in done
    assert console("list", "--json").json == []


def test_a_clone_is_cleared_of_objects_that_nothing_needs(console: Console, run_id: str) -> None:
    (clone,) = (console.state / "clones").glob("*.git")
    lost = Sandbox(clone).git("hash-object", "-w", "--stdin", input_text=os.urandom(50_000).hex())
    os.utime(clone / "objects" / lost[:2] / lost[2:], (LONG_AGO, LONG_AGO))

    told, done = console.ok("clean", "--dry-run"), console.ok("clean")

    assert f"would clear {clone.name} of objects that nothing needs" in told
    assert f"cleared {clone.name} of objects that nothing needs (" in done


@pytest.mark.parametrize("queue", ["there", "gone", "damaged"])
def test_the_queue_is_asked_whether_a_conversation_goes_on(console: Console, run_id: str, queue: str) -> None:
    folder = console.state / "runs" / run_id
    for name in ("run.json", "outcome.json"):
        (folder / name).write_text((folder / name).read_text().replace('"done"', '"needs_input"'))
    os.utime(folder / "run.json", (LONG_AGO, LONG_AGO))
    for file in console.state.glob("queue.db*") if queue != "there" else ():
        file.unlink()
    if queue == "damaged":
        (console.state / "queue.db").write_text("rubbish" * 1000)

    said = console("clean")

    kept = "the queue cannot be asked whether a task goes on with its conversation" in said.out
    assert (kept, folder.exists()) == ((True, True) if queue == "damaged" else (False, False))
    assert said.code == (5 if queue == "damaged" else 0)


def test_an_interrupted_round_says_so(console: Console, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def stopped() -> Iterator[Stop]:
        stop = Stop()
        stop.set(StopReason.INTERRUPTED)
        yield stop

    monkeypatch.setattr("runner.cli.clean.stop_on_interrupt", stopped)

    said = console("clean")

    assert said.code == 130
    assert said.out.endswith(", stopped before the end\n")


def test_sizes_are_told_as_people_read_them(console: Console) -> None:
    folder = console.home / ".cache/runner/checks"
    folder.mkdir(parents=True)
    (folder / f"{'a' * 64}.json").write_bytes(b"x" * 3_400_000)
    os.utime(folder / f"{'a' * 64}.json", (LONG_AGO, LONG_AGO))

    assert "(3.4 MB): older than 30 days" in console.ok("clean")


def test_it_works_outside_of_a_repository(console: Console, run_id: str, tmp_path: Path) -> None:
    console.stand_in(tmp_path)

    assert kinds(console("clean", "--json").json["removed"]) == [("run", run_id)]


def test_it_works_when_the_checkout_is_gone(console: Console, run_id: str, repository: Sandbox) -> None:
    console.stand_in(console.home)
    shutil.rmtree(repository.path)

    removed = console("clean", "--json").json["removed"]

    assert [kind for kind, _ in kinds(removed)] == ["run", "clone"]
    assert list((console.state / "clones").iterdir()) == []


def test_a_full_disk_is_made_room_on(console: Console, run_id: str) -> None:
    with no_file_larger_than(0):
        code = console("clean").code

    assert code in {0, 5}
    assert not (console.state / "runs" / run_id).exists()


def lock_down(console: Console, folder: Path) -> None:
    """Stand where the folder may not be written, as a user whom that binds; all that is imported late is there."""
    console.stand_in(console.home)
    console.ok("clean", "--dry-run")
    reachable(console.home)
    folder.chmod(0o555)


def test_a_state_that_cannot_be_written_is_one_line(console: Console, run_id: str) -> None:
    runs = console.state / "runs"
    lock_down(console, runs)

    with as_plain_user(console.home):
        code, message, hint = console("clean").error

    assert code == 5
    assert message.startswith(f"nothing can be removed in {console.state}: {runs}/{run_id} cannot be removed")
    assert "read-only" in hint


def test_a_part_that_cannot_be_removed_is_a_warning_and_an_exit_code(console: Console, run_id: str) -> None:
    runs, checks = console.state / "runs", console.home / ".cache/runner/checks"
    checks.mkdir(parents=True, exist_ok=True)
    (checks / f"{'a' * 64}.json").write_text("{}")
    os.utime(checks / f"{'a' * 64}.json", (LONG_AGO, LONG_AGO))
    lock_down(console, runs)

    with as_plain_user(console.home):
        said = console("clean")

    assert said.code == 5
    assert "removed cache" in said.out
    assert f"warning: {runs}/{run_id} cannot be removed: Permission denied" in said.err


def test_a_damaged_clone_is_a_warning(console: Console, run_id: str) -> None:
    (clone,) = (console.state / "clones").glob("*.git")
    (clone / "config").write_text("[broken")

    said = console("clean")

    assert said.code == 0
    assert "warning: " in said.err
