"""A store that was damaged refuses, by name and with a way out; a torn end is no damage. Never more allowance."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.model import Limits
from runner.errors import StoreFailed
from tests.allowance.folders import files, open_ledger, picture, quick_folder, with_history
from tests.allowance.world import ME, World, ask

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


def newest_log(folder: Path) -> Path:
    return max(folder.glob("log.*"), key=lambda log: int(log.suffix[1:]))


def expect_refusal(folder: Path) -> None:
    """Reading and writing say the same, and no file is touched."""
    before = files(folder)
    ledger = open_ledger(WORLD, folder)
    for call in (lambda: ledger.reserve(ask("next"), ME), lambda: ledger.quotas("me")):
        with pytest.raises(StoreFailed, match="damaged") as error:
            call()
        assert "runner allowance repair" in error.value.hint
        assert "\n" not in str(error.value)
    assert files(folder) == before


def flip_each(path: Path, step: int, flips: tuple[int, ...]) -> Iterator[None]:
    whole = path.read_bytes()
    for place in range(0, len(whole), step):
        for flip in flips:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            yield
    path.write_bytes(whole)


def refuses(folder: Path) -> bool:
    """Whether a fresh reader is refused; that a writer is too has its own test."""
    try:
        picture(folder, WORLD)
    except StoreFailed:
        return True
    return False


@pytest.mark.parametrize("name", ["snapshot", "log"])
def test_flipped_bytes_are_refused(folder: Path, name: str) -> None:
    path = folder / "snapshot" if name == "snapshot" else newest_log(folder)
    step = max(1, len(path.read_bytes()) // 60)

    assert all(refuses(folder) for _ in flip_each(path, step, (0xFF,)))


@pytest.mark.long
@pytest.mark.parametrize("name", ["snapshot", "log"])
def test_each_flipped_byte_is_refused(folder: Path, name: str) -> None:
    path = folder / "snapshot" if name == "snapshot" else newest_log(folder)

    assert all(refuses(folder) for _ in flip_each(path, 1, (0xFF, 0x01)))


def test_the_previous_generation_is_not_needed(folder: Path) -> None:
    before = picture(folder, WORLD)
    previous_log = min(folder.glob("log.*"), key=lambda log: int(log.suffix[1:]))

    for path in (folder / "snapshot.prev", previous_log):
        path.write_bytes(b"damaged")
        assert picture(folder, WORLD) == before


@pytest.mark.parametrize("place", [0, 8, 9, 100, -1])
def test_a_writer_refuses_what_a_reader_refuses(folder: Path, place: int) -> None:
    for path in (folder / "snapshot", newest_log(folder)):
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[place] ^= 0x04
        path.write_bytes(damaged)

        expect_refusal(folder)
        path.write_bytes(whole)


def test_a_log_cut_at_any_length_is_an_older_state_or_a_refusal(folder: Path) -> None:
    log = newest_log(folder)
    whole = log.read_bytes()
    held = []

    for length in range(len(whole) - 400, len(whole)):
        log.write_bytes(whole[:length])
        read_only = picture(folder, WORLD)
        assert open_ledger(WORLD, folder).reserve(ask("next"), ME).granted
        assert picture(folder, WORLD)[2][:-1] == read_only[2]
        held.append(sum(hold.tokens for hold in read_only[2]))
    head = len(whole.split(b"\n")[0])
    for length in range(head + 1):
        log.write_bytes(whole[:length])
        expect_refusal(folder)

    assert len(set(held)) > 2


def test_a_cut_snapshot_is_refused(folder: Path) -> None:
    snapshot = folder / "snapshot"
    whole = snapshot.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole[:-1]) if byte == 10]

    for length in (0, 1, 20, len(whole) - 1, *ends):
        snapshot.write_bytes(whole[:length])
        expect_refusal(folder)


@pytest.mark.parametrize("name", ["snapshot", "log"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / "snapshot" if name == "snapshot" else newest_log(folder)).unlink()

    expect_refusal(folder)


def test_a_log_without_any_snapshot_is_refused(folder: Path) -> None:
    (folder / "snapshot").unlink()
    (folder / "snapshot.prev").unlink()

    expect_refusal(folder)


def test_the_log_of_another_store_is_refused(folder: Path) -> None:
    with quick_folder() as other:
        with_history(other, WORLD)
        newest_log(folder).write_bytes(newest_log(other).read_bytes())

    expect_refusal(folder)


def test_a_first_start_that_was_cut_short_starts_again(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    (folder / "log.1").write_bytes(b"half a he")
    (folder / "snapshot.tmp").write_bytes(b"half")

    assert open_ledger(WORLD, folder).open_holds() == ()
    assert open_ledger(WORLD, folder).reserve(ask(), ME).granted


def test_a_snapshot_of_a_newer_program_is_refused(folder: Path) -> None:
    from runner.allowance.files.lines import encode

    (folder / "snapshot").write_bytes(encode(["H", "2", "1", "e", "0", "0"]))

    with pytest.raises(StoreFailed, match="format 2"):
        open_ledger(WORLD, folder).quotas("me")


@pytest.mark.parametrize(
    "fields",
    [
        ["H", "1", "x", "e", "0", "0"],
        ["H", "1", "1", "e", "0"],
        ["X", "1", "1", "e", "0", "0"],
    ],
)
def test_a_head_that_is_none_is_refused(folder: Path, fields: list[str]) -> None:
    from runner.allowance.files.lines import encode

    (folder / "snapshot").write_bytes(encode(fields))

    expect_refusal(folder)


@pytest.mark.parametrize("line", [["O", "x"], ["?", "1"], ["D", "x"]])
def test_a_line_that_says_nothing_is_refused(folder: Path, line: list[str]) -> None:
    from runner.allowance.files.lines import encode

    (folder / "snapshot").write_bytes(encode(["H", "1", "1", "e", "0", "1"]) + encode(line))

    expect_refusal(folder)


def test_a_warm_ledger_sees_damage_in_what_others_add(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("mine"), ME)
    with newest_log(folder).open("ab") as log:
        log.write(b"deadbeef\t99\tR\tgarbage\n")

    for _ in range(2):
        with pytest.raises(StoreFailed, match="damaged"):
            ledger.reserve(ask("next"), ME)


def test_a_warm_ledger_cuts_what_a_dying_writer_left(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("mine"), ME)
    log = newest_log(folder)
    before = log.read_bytes()
    log.write_bytes(before + b"12345678\t44\tR\thalf a li")

    assert ledger.check(ask("next")).granted
    assert ledger.reserve(ask("next"), ME).granted
    assert log.read_bytes().startswith(before)
    assert b"half a li" not in log.read_bytes()


def test_a_warm_ledger_reads_anew_when_the_log_shrank(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("mine"), ME)
    log = newest_log(folder)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]))

    assert ledger.reserve(ask("next"), ME).granted
    assert [hold.id for hold in ledger.open_holds()] == ["open-1", "open-2", "next"]


def test_a_warm_ledger_notices_that_the_snapshot_is_gone(folder: Path) -> None:
    ledger: FileLedger = open_ledger(WORLD, folder)
    ledger.reserve(ask("mine"), ME)
    (folder / "snapshot").unlink()

    with pytest.raises(StoreFailed, match="snapshot is missing"):
        ledger.reserve(ask("next"), ME)
