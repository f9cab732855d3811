"""What a repair cannot read: it is named, and what is in doubt is charged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.allowance.files.lines import encode
from runner.allowance.files.records import reserve
from runner.allowance.model import Rule
from tests.allowance.folders import open_ledger, picture, quick_folder
from tests.allowance.repairing import WORLD, damage_line, damage_line_with, logs, mend, taken
from tests.allowance.world import ME, ask, process, spend, spent, used_held


@pytest.fixture
def folder(store_with_history: Path) -> Iterator[Path]:
    with quick_folder() as place:
        shutil.copytree(store_with_history, place)
        yield place


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


def test_a_missing_log_is_named(folder: Path) -> None:
    name = logs(folder)[-1].name
    logs(folder)[-1].unlink()

    found = mend(folder, dead=True)

    assert found.lost == (f"{name} is missing",)
    assert open_ledger(WORLD, folder).open_holds() == ()
