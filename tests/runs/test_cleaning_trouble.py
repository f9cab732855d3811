"""House-keeping on a full disk, in a state that cannot be written, killed, and beside others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.errors import Busy, StoreFailed
from runner.process.stop import StopReason
from runner.runs.cleaning import CleanReport
from tests.runs.attic import TIGHT, Attic, names
from tests.runs.test_disk import as_plain_user, reachable
from tests.runs.world import FIXED, World
from tests.support.fake_claude import FakeClaude
from tests.support.full_disk import no_file_larger_than

RUNS = tuple(f"r-202601{number:02d}-000000-aaaaaa" for number in range(1, 31))


@pytest.fixture
def attic(lonely: World) -> Attic:
    return Attic(lonely)


def test_a_full_disk_is_no_reason_not_to_make_room(attic: Attic) -> None:
    for run_id in RUNS[:3]:
        attic.run(run_id)
    tree = attic.tree()
    attic.forget_use()

    with no_file_larger_than(0):
        report = attic.clean(TIGHT)

    assert [name for name in names(report.removed) if name.startswith("run ")] != []
    assert report.failed == ()
    assert not any((attic.paths.runs / run_id).exists() for run_id in RUNS[:3])
    assert tree.path.is_dir() == bool(report.kept)


def test_a_state_that_cannot_be_written_is_one_clear_line(attic: Attic) -> None:
    folder = attic.run(RUNS[0])
    reachable(attic.paths.runs)
    attic.paths.runs.chmod(0o555)

    with as_plain_user(folder), pytest.raises(StoreFailed) as failed:
        attic.clean(TIGHT)

    assert str(failed.value).startswith(f"nothing can be removed in {attic.paths.state}: ")
    assert str(failed.value).endswith("cannot be removed: Permission denied")
    assert failed.value.hint == "check its owner and mode, and that the disk is not read-only"
    assert (folder / "run.json").exists()


def test_what_cannot_be_removed_does_not_keep_the_rest(attic: Attic) -> None:
    folder = attic.run(RUNS[0])
    reachable(attic.paths.runs)
    attic.paths.runs.chmod(0o555)
    checks = attic.paths.cache / "checks"
    checks.mkdir(parents=True)
    (checks / f"{'a' * 64}.json").write_text("{}")
    os.utime(checks / f"{'a' * 64}.json", (1000, 1000))
    for path in (checks, checks.parent):
        reachable(path)

    with as_plain_user(checks):
        report = attic.clean(TIGHT)

    assert names(report.removed) == [f"cache {'a' * 64}.json"]
    assert len(report.failed) == 1
    assert folder.exists()


def test_a_queue_that_cannot_be_written_does_not_undo_what_was_removed(
    attic: Attic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(dry_run: bool) -> int:
        raise StoreFailed("queue.db: the disk is full" + " (dry)" * dry_run)

    attic.run(RUNS[0])
    monkeypatch.setattr(attic, "archive", full)

    report = attic.clean(TIGHT)

    assert names(report.removed) == [f"run {RUNS[0]}"]
    assert report.failed == ("ended tasks are not put away: queue.db: the disk is full",)


@pytest.mark.parametrize("lock_held", [True, False])
def test_a_busy_queue_is_for_the_next_round(
    attic: Attic, monkeypatch: pytest.MonkeyPatch, lock_held: bool
) -> None:
    def busy(dry_run: bool) -> int:
        if lock_held and not dry_run:
            raise Busy("queue.db is in use")
        return 3

    monkeypatch.setattr(attic, "archive", busy)

    report = attic.clean()

    assert (report.archived, report.failed) == (0 if lock_held else 3, ())


@pytest.mark.parametrize("where", ["trees", "clones", "objects"])
def test_a_stop_while_looking_or_clearing_is_obeyed(attic: Attic, where: str) -> None:
    if where == "trees":
        attic.tree()
    attic.forget_use()
    attic.collect = where == "objects"
    attic.stop.set(StopReason.DEADLINE)

    report = attic.clean(days=1000 if where == "objects" else 30)

    assert report.unfinished
    assert (report.removed, report.collected) == ((), ())


def test_two_at_once_remove_everything_once(attic: Attic) -> None:
    for run_id in RUNS:
        attic.run(run_id)
    attic.tree()
    attic.forget_use()
    attic.bounds = TIGHT
    cleaners = [attic.cleaner() for _ in range(3)]
    reports: list[CleanReport] = []
    threads = [
        threading.Thread(target=lambda one=one: reports.append(one.clean(dry_run=False))) for one in cleaners
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    again = attic.clean(TIGHT)
    removed = [name for report in reports for name in names(report.removed) if name.startswith("run ")]
    assert len(reports) == 3
    assert sorted(removed) == sorted({*removed})
    assert [report.failed for report in reports] == [(), (), ()]
    assert {path.name for path in attic.paths.runs.iterdir()} == set()
    assert again.failed == ()


def test_a_round_beside_a_run_at_work_leaves_it_alone(attic: Attic, lonely: World) -> None:
    during: list[CleanReport] = []

    def meanwhile(_: object) -> None:
        attic.forget_use()
        during.append(attic.clean(TIGHT, days=0))

    lonely.submit()
    report = lonely.claim(FakeClaude(writes=FIXED, during=meanwhile))

    assert report.outcome.value == "done"
    assert during[0].removed == ()
    assert {thing.stays for thing in during[0].kept} >= {
        f"{report.run_id} is at work in it",
        "a process is at work on it",
    }


SWEEP = """
import os, sys, signal
from pathlib import Path
import runner.runs.disk as disk
real, left = os.unlink, int(sys.argv[2])

def unlink(*arguments, **more):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **more)

os.unlink = unlink
for path in disk.children(Path(sys.argv[1])):
    disk.remove(path)
"""


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_kill_in_the_middle_leaves_nothing_that_the_next_round_does_not_take(
    attic: Attic, after: int
) -> None:
    for run_id in RUNS[:4]:
        attic.run(run_id)
    top = Path(__file__).parents[2]

    killed = subprocess.run(
        [sys.executable, "-c", SWEEP, str(attic.paths.runs), str(after)],
        env={**os.environ, "PYTHONPATH": str(top)},
        check=False,
        timeout=60,
    )
    attic.clean(TIGHT)

    assert killed.returncode == -signal.SIGKILL
    assert list(attic.paths.runs.iterdir()) == []
