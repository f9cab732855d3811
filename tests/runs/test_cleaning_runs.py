"""Old runs go by age, number and size; what anybody may still need of them stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.file_lock import try_lock, unlock
from runner.process.stop import StopReason
from runner.runs.cleaning import CleanReport
from runner.runs.finding import is_locked
from runner.runs.keeping import Kind
from tests.runs.attic import TIGHT, WIDE, Attic, age, names, reasons, unreachable
from tests.runs.world import World
from tests.support.fake_claude import FakeClaude

OLD = "r-20260101-000000-aaaaaa"
NEW = "r-20260102-000000-bbbbbb"


@pytest.fixture
def attic(lonely: World) -> Attic:
    return Attic(lonely)


def runs_left(attic: Attic) -> list[str]:
    return sorted(path.name for path in attic.paths.runs.iterdir())


def test_nothing_at_all_is_no_trouble(attic: Attic) -> None:
    assert attic.clean() == CleanReport(dry_run=False)


def test_a_run_that_is_old_goes_and_its_size_is_told(attic: Attic) -> None:
    age(attic.run(OLD) / "run.json", 31)
    attic.run(NEW)

    report = attic.clean()

    assert names(report.removed) == [f"run {OLD}"]
    assert report.removed[0].past == "older than 30 days"
    assert report.freed_bytes == report.removed[0].size_bytes >= 20_000
    assert report.within == 1
    assert runs_left(attic) == [NEW]


def test_the_oldest_go_first_by_number_and_by_size(attic: Attic) -> None:
    for number in range(5):
        attic.run(f"r-2026010{number}-000000-aaaaaa")

    by_number = attic.clean(runs=4)
    by_size = attic.clean(WIDE, size_bytes=70_000)

    assert names(by_number.removed) == ["run r-20260100-000000-aaaaaa"]
    assert names(by_size.removed) == ["run r-20260101-000000-aaaaaa", "run r-20260102-000000-aaaaaa"]


def test_a_dry_run_tells_the_same_and_removes_nothing(attic: Attic) -> None:
    attic.run(OLD)
    attic.run(NEW, over=False)

    told = attic.clean(TIGHT, dry_run=True)
    left = runs_left(attic)
    done = attic.clean(TIGHT)

    assert left == [OLD, NEW]
    assert (told.removed, told.kept, told.within) == (done.removed, done.kept, done.within)
    assert runs_left(attic) == [NEW]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "it never came to its end"),
        ({"waiting": {"cause": "no network"}}, "its delivery waits"),
        ({"judgement": {"outcome": "done"}}, "its delivery waits"),
    ],
)
def test_an_unfinished_run_stays_with_the_way_to_go_on(
    attic: Attic, facts: dict[str, object], why: str
) -> None:
    age(attic.run(OLD, over=False, **facts) / "run.json", 300)

    report = attic.clean(TIGHT)

    assert reasons(report) == [f"{why}: `runner resume {OLD}` goes on with it"]
    assert runs_left(attic) == [OLD]


def test_a_damaged_record_stays_and_is_told(attic: Attic) -> None:
    (attic.run(OLD) / "run.json").write_text("{")

    assert reasons(attic.clean(TIGHT))[0].startswith("its record cannot be read: ")
    assert runs_left(attic) == [OLD]


def test_a_run_that_gave_its_task_back_goes(attic: Attic) -> None:
    settled = [{"name": "settle", "done_at": "now"}]
    attic.run(OLD, over=False, claude_started=False, steps=settled)

    assert names(attic.clean(TIGHT).removed) == [f"run {OLD}"]


def test_a_run_whose_lock_is_held_stays(attic: Attic) -> None:
    lock = try_lock(attic.run(OLD) / "lock")
    assert lock is not None

    held, locked = attic.clean(TIGHT), is_locked(attic.paths.runs / OLD / "lock")
    unlock(lock)
    free = attic.clean(TIGHT)

    assert (reasons(held), locked) == (["a process is at work on it"], True)
    assert names(free.removed) == [f"run {OLD}"]


def test_a_conversation_that_a_task_waits_to_go_on_with_stays(attic: Attic, lonely: World) -> None:
    task = lonely.submit()
    run_id = lonely.claim(FakeClaude(writes={"half.txt": "half\n"}, text="QUESTION: which?")).run_id

    blocked = attic.clean(TIGHT)
    lonely.board.answer(task.id, "This one.")
    answered = attic.clean(TIGHT)
    lonely.board.cancel(task.id)
    cancelled = attic.clean(TIGHT)

    assert reasons(blocked) == reasons(answered) == ["T-1 will go on with its conversation"]
    assert names(cancelled.removed) == [f"run {run_id}"]


def test_a_conversation_that_nobody_goes_on_with_does_not_keep_its_run(attic: Attic) -> None:
    attic.run(OLD, session_id="s-1", task={"id": "T-99"}, report={"outcome": "crashed"})

    assert names(attic.clean(TIGHT).removed) == [f"run {OLD}"]


def test_without_an_answer_from_the_queue_only_what_needs_none_goes(
    attic: Attic, monkeypatch: pytest.MonkeyPatch
) -> None:
    attic.run(OLD, session_id="s-1", task={"id": "T-1"}, report={"outcome": "needs_input"})
    attic.run(NEW, session_id="s-2", task={"id": "T-1"})
    monkeypatch.setattr(attic, "task", unreachable)

    report = attic.clean(TIGHT)

    assert names(report.removed) == [f"run {NEW}"]
    assert reasons(report) == ["the queue cannot be asked whether a task goes on with its conversation"]


def test_what_changed_since_it_was_looked_at_stays_after_all(attic: Attic) -> None:
    folder = attic.run(OLD)
    attic.bounds = TIGHT
    cleaner = attic.cleaner()
    (thing,) = cleaner.decide().going
    (folder / "outcome.json").unlink()

    cleaner._go(thing, dry_run=False)

    assert cleaner.removed == []
    assert cleaner.kept[0].stays.startswith("it never came to its end")


def test_what_another_process_removed_first_is_not_counted(attic: Attic) -> None:
    attic.run(OLD)
    attic.bounds = TIGHT
    cleaner = attic.cleaner()
    attic.clean(TIGHT)

    report = cleaner.clean(dry_run=False)

    assert report.removed == ()


def test_foreign_things_are_told_and_left_alone(attic: Attic, tmp_path: Path) -> None:
    attic.run(OLD)
    outside = tmp_path / NEW
    outside.mkdir()
    (outside / "run.json").write_text("{}")
    (attic.paths.runs / NEW).symlink_to(outside)
    (attic.paths.runs / "notes.txt").write_text("mine")
    (attic.paths.runs / "my-folder").mkdir()

    report = attic.clean(TIGHT)

    assert names(report.kept) == ["stranger my-folder", "stranger notes.txt", f"stranger {NEW}"]
    assert set(reasons(report)) == {"it is not ours"}
    assert names(report.removed) == [f"run {OLD}"]
    assert (outside / "run.json").exists()
    assert (attic.paths.runs / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["runs", "clones", "worktrees"])
def test_a_folder_of_ours_that_is_a_link_is_not_followed(attic: Attic, tmp_path: Path, name: str) -> None:
    attic.run(OLD)
    attic.tree()
    attic.paths.state.joinpath(name).rename(tmp_path / name)
    attic.paths.state.joinpath(name).symlink_to(tmp_path / name)
    before = sorted((tmp_path / name).rglob("*"))

    report = attic.clean(TIGHT)

    assert "a link to somewhere else is not followed" in reasons(report)
    assert sorted((tmp_path / name).rglob("*")) == before


def test_the_rest_of_a_broken_removal_and_of_a_broken_start_go(attic: Attic) -> None:
    (attic.paths.runs / f".removing-{OLD}" / "sub").mkdir(parents=True)
    began = attic.paths.runs / NEW
    began.mkdir()
    young = attic.clean()
    age(began, 2)

    old = attic.clean()

    assert names(young.removed) == [f"leftover .removing-{OLD}"]
    assert young.removed[0].past == "a removal that was broken off"
    assert names(old.removed) == [f"leftover {NEW}"]
    assert runs_left(attic) == []


def test_old_logs_and_caches_go_and_the_log_itself_stays(attic: Attic) -> None:
    log, checks, prompts = attic.paths.log, attic.paths.cache / "checks", attic.paths.cache / "prompts"
    for folder in (log, checks, prompts / "0123456789abcdef", prompts / "mine"):
        folder.mkdir(parents=True)
    kept = (log / "runner.log", log / "notes", checks / "mine.json", prompts / "mine")
    going = (
        log / "runner.log.3",
        log / "bug-20260101T000000123456-4711.txt",
        checks / f"{'a' * 64}.json",
        checks / f".{'a' * 64}.json.0123456789ab",
        prompts / "0123456789abcdef",
    )
    for path in (*kept, *going, log / "runner.log.1"):
        if not path.exists():
            path.write_text("x")
        age(path, 0 if path.name == "runner.log.1" else 40)

    report = attic.clean()

    assert sorted(thing.path for thing in report.removed) == sorted(going)
    assert {thing.kind for thing in report.removed} == {Kind.LOG, Kind.CACHE, Kind.LEFTOVER}
    assert all(path.exists() for path in (*kept, log / "runner.log.1"))


def test_a_stop_leaves_the_rest_for_later(attic: Attic) -> None:
    attic.run(OLD)
    attic.stop.set(StopReason.INTERRUPTED)

    report = attic.clean(TIGHT)

    assert report.unfinished
    assert report.removed == ()
    assert runs_left(attic) == [OLD]


def test_real_runs_go_and_leave_the_checkout_as_it_is(attic: Attic, lonely: World) -> None:
    lonely.submit()
    run_id = lonely.claim(FakeClaude(writes={"new.txt": "x\n"})).run_id
    before = lonely.fingerprint()

    report = attic.clean(TIGHT)

    assert names(report.removed) == [f"run {run_id}"]
    assert lonely.fingerprint() == before
    assert lonely.checkout.branches() == ["fix/T-1-fix-add", "main"]
