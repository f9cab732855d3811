"""Repair: what can be read is kept, what is in doubt is charged, and the files as they were stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.allowance.files.lines import encode
from runner.allowance.files.records import reserve
from runner.allowance.files.repair import Repaired, repair
from runner.allowance.model import Limits, Rule
from runner.errors import StoreFailed
from tests.allowance.folders import files, open_ledger, picture, quick_folder, with_history
from tests.allowance.world import DAY_S, ME, World, ask, process, spend, spent, used_held

WORLD = World(limits=Limits(daily_tokens=10**9))


@pytest.fixture(scope="module")
def original() -> Iterator[Path]:
    with quick_folder() as folder:
        with_history(folder, WORLD)
        yield folder


@pytest.fixture
def folder(original: Path) -> Iterator[Path]:
    with quick_folder() as place:
        shutil.copytree(original, place)
        yield place


def logs(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("log.*"), key=lambda log: int(log.suffix[1:]))


def mend(folder: Path, *, dead: bool = False) -> Repaired:
    return repair(folder, now=WORLD.now, is_alive=lambda _: not dead)


def damage_line(path: Path, number: int, flip: int = 0x01) -> None:
    """Flip a bit in the middle of one line."""
    lines = path.read_bytes().split(b"\n")
    line = bytearray(lines[number])
    line[len(line) // 2] ^= flip
    lines[number] = bytes(line)
    path.write_bytes(b"\n".join(lines))


def damage_line_with(path: Path, text: bytes) -> None:
    """Damage the last line that contains the text."""
    lines = path.read_bytes().split(b"\n")
    damage_line(path, max(place for place, line in enumerate(lines) if text in line))


def taken(folder: Path, agent: str) -> int:
    return sum(used_held(open_ledger(WORLD, folder), Rule.DAILY_TOKENS, agent))


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


def test_in_doubt_open_holds_of_the_dead_are_charged_in_full(folder: Path) -> None:
    taken_before = taken(folder, "me"), taken(folder, "you")
    damage_line_with(logs(folder)[-1], b"\tX\t")

    found = mend(folder, dead=True)

    assert [one.id for one in found.booked] == ["open-1", "open-2", "gone"]
    assert len(found.lost) == 1
    assert "cannot be read" in found.lost[0]
    assert open_ledger(WORLD, folder).open_holds() == ()
    # The lost line gave back 70 tokens; in doubt nothing is given back.
    assert (taken(folder, "me"), taken(folder, "you")) == (taken_before[0] + 70, taken_before[1])
    told = "\n".join(found.lines())
    assert "Charged in full: run open-1 of agent me." in told
    assert "Lost: log." in told


def test_in_doubt_the_living_keep_their_holds_and_tell_later(folder: Path) -> None:
    damage_line_with(logs(folder)[-1], b"\tX\t")

    found = mend(folder)

    assert found.booked == ()
    ledger = open_ledger(WORLD, folder)
    assert [hold.id for hold in ledger.open_holds()] == ["open-1", "open-2", "gone"]
    assert ledger.settle("open-1", spent(5), failed=False).tokens == 5


def test_a_charged_run_that_still_tells_more_is_charged_that(folder: Path) -> None:
    damage_line_with(logs(folder)[-1], b"\tX\t")
    mend(folder, dead=True)

    assert open_ledger(WORLD, folder).settle("open-1", spent(900), failed=False).tokens == 900


def test_a_damaged_reservation_is_still_held(folder: Path) -> None:
    open_ledger(WORLD, folder).reserve(ask("late", tokens=5_000), process(3))
    damage_line_with(logs(folder)[-1], b"\tlate\t")

    found = mend(folder)

    assert len(found.lost) == 1
    held = open_ledger(WORLD, folder).open_holds("me")
    assert [hold.holder for hold in held][-1] == process(3)


def test_a_settlement_without_its_reservation_is_booked(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    spend(ledger, 777, run_id="short", cost=77)
    before = used_held(ledger, Rule.DAILY_TOKENS), used_held(ledger, Rule.DAILY_JOBS)
    log = logs(folder)[-1]
    lines = log.read_bytes().split(b"\n")
    place = next(number for number, line in enumerate(lines) if b"\tR\t" in line and b"\tshort\t" in line)
    log.write_bytes(b"\n".join([*lines[:place], b"rubbish", *lines[place + 1 :]]))

    mend(folder)

    ledger = open_ledger(WORLD, folder)
    assert (used_held(ledger, Rule.DAILY_TOKENS), used_held(ledger, Rule.DAILY_JOBS)) == before
    assert ledger.settle("short", spent(1), failed=False).tokens == 777


def test_missing_lines_are_named(folder: Path) -> None:
    log = logs(folder)[-1]
    lines = log.read_bytes().split(b"\n")
    log.write_bytes(b"\n".join(lines[:3] + lines[5:]))

    found = mend(folder, dead=True)

    assert f"{log.name}: lines 3 to 4 are missing" in found.lost
    assert found.booked


def test_a_damaged_last_newline_costs_nothing(folder: Path) -> None:
    before = picture(folder, WORLD)
    log = logs(folder)[-1]
    log.write_bytes(log.read_bytes()[:-1] + b"\x0b")

    found = mend(folder)

    assert found.lost == ()
    assert picture(folder, WORLD) == before


def test_a_torn_end_is_no_loss(folder: Path) -> None:
    before = picture(folder, WORLD)
    damage_line(folder / "snapshot", 1)
    with logs(folder)[-1].open("ab") as log:
        log.write(b"12345678\t99\tR\tto")

    found = mend(folder)

    assert found.lost == ()
    assert picture(folder, WORLD) == before


def test_records_that_do_not_fit_are_named(folder: Path) -> None:
    log = logs(folder)[-1]
    number = len(log.read_bytes().split(b"\n")) - 1
    strange = [
        ["X", "1", "nobody"],
        ["?", "1"],
        ["C", "1", "x"],
        ["C", "1", "y", "a"],
        ["R"],
        [],
        reserve(1, 1, ask("old-0", tokens=0, cost=0), ME),
    ]
    with log.open("ab") as file:
        for offset, record in enumerate(strange):
            file.write(encode([str(number + offset), *record]))
        file.write(encode(["not a number", "X"]))

    found = mend(folder)

    assert [line.partition(": ")[2] for line in found.lost] == [
        f"line {number} does not fit what came before",
        f"line {number + 1} does not fit what came before",
        f"line {number + 2} does not fit what came before",
        f"line {number + 3} does not fit what came before",
        f"line {number + 4} does not fit what came before",
        f"line {number + 6} does not fit what came before",
        f"line {number + 7} cannot be read",
    ]


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


def test_a_missing_log_is_named(folder: Path) -> None:
    name = logs(folder)[-1].name
    logs(folder)[-1].unlink()

    found = mend(folder, dead=True)

    assert found.lost == (f"{name} is missing",)
    assert open_ledger(WORLD, folder).open_holds() == ()


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
