"""Repair: what can be read is kept, and the files as they were stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.allowance.files.repair import repair
from runner.allowance.model import Rule
from runner.errors import StoreFailed
from tests.allowance.folders import files, open_ledger, picture, quick_folder
from tests.allowance.repairing import WORLD, damage_line, logs, mend, taken
from tests.allowance.world import DAY_S, ME, World, ask, used_held


@pytest.fixture
def folder(store_with_history: Path) -> Iterator[Path]:
    with quick_folder() as place:
        shutil.copytree(store_with_history, place)
        yield place


def test_a_whole_store_is_left_alone(folder: Path) -> None:
    before = files(folder)

    found = mend(folder)

    assert not found.changed
    assert found.lines() == ("The allowance is whole; nothing was changed.",)
    assert files(folder) == before


def test_where_there_is_nothing_there_is_nothing_to_repair(tmp_path: Path) -> None:
    assert not mend(tmp_path / "missing").changed
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("place", range(7))
def test_a_damaged_snapshot_is_made_anew_without_loss(folder: Path, place: int) -> None:
    before = picture(folder, WORLD)
    damage_line(folder / "snapshot", place)

    found = mend(folder, dead=True)

    assert found.from_previous
    assert (found.lost, found.booked) == ((), ())
    assert picture(folder, WORLD) == before
    assert open_ledger(WORLD, folder).reserve(ask("next"), ME).granted


def test_a_missing_snapshot_is_made_anew_without_loss(folder: Path) -> None:
    before = picture(folder, WORLD)
    (folder / "snapshot").unlink()

    assert mend(folder).from_previous
    assert picture(folder, WORLD) == before


def test_the_files_as_they_were_are_kept(folder: Path) -> None:
    damage_line(folder / "snapshot", 1)
    before = {name: data for name, data in files(folder).items() if not name.startswith("lock")}

    found = mend(folder)

    assert found.kept_in is not None
    assert files(found.kept_in) == before
    assert found.kept_in.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in found.kept_in.iterdir()} == {0o600}
    assert found.lines()[-1] == f"The files as they were are in {found.kept_in}."
    assert [log.name for log in logs(folder)] == [f"log.{int(logs(found.kept_in)[-1].suffix[1:]) + 1}"]
    assert not (folder / "snapshot.prev").exists()


@pytest.mark.parametrize("head", [True, False])
def test_when_both_snapshots_are_damaged_the_good_lines_count(folder: Path, head: bool) -> None:
    before = taken(folder, "you")
    damage_line(folder / "snapshot", 0 if head else 1)
    damage_line(folder / "snapshot.prev", 0)

    found = mend(folder)

    assert found.lost[0] == (
        "snapshot: its head cannot be read" if head else "snapshot: line 1 cannot be read"
    )
    assert taken(folder, "you") == before
    assert open_ledger(WORLD, folder).reserve(ask("next"), ME).granted


def test_without_any_snapshot_the_logs_count(folder: Path) -> None:
    for name in ("snapshot", "snapshot.prev"):
        (folder / name).unlink()

    found = mend(folder)

    assert found.lost[0] == "snapshot is missing"
    assert used_held(open_ledger(WORLD, folder), Rule.DAILY_JOBS, "me")[0] == 6


def test_an_empty_snapshot_is_salvaged_from_the_logs(folder: Path) -> None:
    (folder / "snapshot").write_bytes(b"")
    (folder / "snapshot.prev").write_bytes(b"")

    assert "snapshot: its head cannot be read" in mend(folder).lost
    assert open_ledger(WORLD, folder).reserve(ask("next"), ME).granted


def test_everything_gone_but_a_lock_starts_anew(folder: Path) -> None:
    for file in folder.iterdir():
        if not file.name.startswith("lock"):
            file.unlink()

    assert not mend(folder).changed


def test_a_clock_that_went_back_is_believed_after_a_repair(folder: Path) -> None:
    early = World(limits=WORLD.limits, now=WORLD.now - 30 * DAY_S)
    with pytest.raises(StoreFailed, match="clock"):
        open_ledger(early, folder).reserve(ask("next"), ME)

    found = repair(folder, now=early.now, is_alive=lambda _: True)

    assert found.clock_accepted
    assert "The clock is believed from now on." in found.lines()
    assert open_ledger(early, folder).reserve(ask("next"), ME).granted
    assert picture(folder, WORLD)[0][0].used == 5_070


def test_repairing_twice_changes_nothing_more(folder: Path) -> None:
    damage_line(folder / "snapshot", 1)
    mend(folder)
    before = picture(folder, WORLD)

    assert not mend(folder).changed
    assert picture(folder, WORLD) == before


def test_a_folder_that_cannot_be_written_is_one_clear_line(folder: Path) -> None:
    damage_line(folder / "snapshot", 1)
    shutil.rmtree(folder / "log.2", ignore_errors=True)
    logs(folder)[-1].unlink()
    newest = logs(folder)[-1]
    (folder / f"log.{int(newest.suffix[1:]) + 1}").mkdir()

    with pytest.raises(StoreFailed, match="cannot be used"):
        mend(folder)


@pytest.mark.parametrize("path", ["snapshot", "log"])
def test_after_any_flipped_byte_a_repair_gives_nothing_back(folder: Path, path: str) -> None:
    """What is taken can only rise, but for usage that nothing except the flipped line told."""
    target = folder / "snapshot" if path == "snapshot" else logs(folder)[-1]
    whole, template = target.read_bytes(), files(folder)
    before = taken(folder, "me") + taken(folder, "you")
    step = max(1, len(whole) // 25)

    for place in range(0, len(whole), step):
        for name, data in template.items():
            (folder / name).write_bytes(data)
        for log in logs(folder):
            if log.name not in template:
                log.unlink()
        number = whole[:place].count(b"\n")
        touched = whole.split(b"\n")[number : number + 2]
        told_usage = any(kind in line for line in touched for kind in (b"\tS\t", b"\tC\t", b"\tZ\t"))
        target.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found = mend(folder, dead=True)
        after = taken(folder, "me") + taken(folder, "you")

        assert found.changed
        assert after >= before or (path == "log" and told_usage)
