"""The line format and the log: any text survives, any flipped byte is seen, a torn end is told from damage."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.allowance.files.journal import check_head, head_line, read_records, record_line
from runner.allowance.files.lines import Damaged, decode, encode, escaped
from runner.allowance.files.records import reserve
from runner.allowance.files.state import State
from tests.allowance.world import ME, ask

texts = st.lists(st.text(), min_size=1, max_size=5)


@given(texts)
@example(["\\", "\\t", "\t", "\\\\t\\\t", "\r\n", "\ud800", ""])
def test_any_text_survives(fields: list[str]) -> None:
    line = encode(fields)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line[:-1]) == fields
    assert all(escaped(field) in line for field in fields)


@given(texts, st.data())
def test_any_flipped_byte_is_seen(fields: list[str], data: st.DataObject) -> None:
    line = bytearray(encode(fields)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Damaged):
        decode(bytes(line))


LOG = record_line(1, ["R", "one"]) + record_line(2, ["R", "two"]) + record_line(3, ["R", "three"])
TWO = len(record_line(1, ["R", "one"]) + record_line(2, ["R", "two"]))


def test_records_come_back_in_order() -> None:
    assert read_records(LOG, first=1) == ([["R", "one"], ["R", "two"], ["R", "three"]], len(LOG))
    assert read_records(b"", first=7) == ([], 0)


@pytest.mark.parametrize("cut", range(TWO + 1, len(LOG)))
def test_a_torn_end_is_left_over(cut: int) -> None:
    records, used = read_records(LOG[:cut], first=1)

    assert (len(records), used) == (2, TWO)


@pytest.mark.parametrize("place", range(len(LOG)))
@pytest.mark.parametrize("flip", [0x01, 0x20, 0xFF, 0x03])
def test_a_flipped_byte_is_damage_also_in_the_last_line(place: int, flip: int) -> None:
    damaged = bytearray(LOG)
    damaged[place] ^= flip

    with pytest.raises(Damaged):
        read_records(bytes(damaged), first=1)


@pytest.mark.parametrize(
    "end", [b"\0" * 9, b"abc" + b"\0" * 9, b"\0\0tail of a lost line\n", b"\0\0lost\nand torn"]
)
def test_zeros_at_the_end_are_what_a_power_cut_leaves(end: bytes) -> None:
    records, used = read_records(LOG + end, first=1)

    assert (len(records), used) == (3, len(LOG))


def test_zeros_before_a_good_line_are_damage() -> None:
    with pytest.raises(Damaged):
        read_records(record_line(1, ["R"]) + b"\0\0\0\n" + record_line(2, ["R"]), first=1)


@pytest.mark.parametrize(
    "lines",
    [
        [record_line(1, ["R"]), record_line(3, ["R"])],
        [record_line(1, ["R"]), record_line(1, ["R"])],
        [record_line(2, ["R"])],
        [encode(["1"])],
        [encode(["one", "R"])],
    ],
)
def test_a_missing_repeated_or_strange_line_is_damage(lines: list[bytes]) -> None:
    with pytest.raises(Damaged):
        read_records(b"".join(lines), first=1)


def test_the_head_of_a_log_names_its_snapshot() -> None:
    state = State(generation=4, epoch="e")
    records, _ = read_records(head_line(state) + record_line(1, ["R"]), first=0)

    assert check_head(records, state) == [["R"]]
    for other in (State(generation=5, epoch="e"), State(generation=4, epoch="f")):
        with pytest.raises(Damaged, match="does not belong"):
            check_head(records, other)
    with pytest.raises(Damaged, match="empty"):
        check_head([], state)


@pytest.mark.parametrize(
    "record",
    [
        ["?", "1", "x"],
        ["R", "1"],
        ["R"],
        [],
        ["R", "x", "y"],
        ["Z", "1", "nobody", "1", "1"],
        ["S", "1", "nobody", "1", "1", "1", "1", "1"],
        ["C", "1", "nobody", "a", "m", "", "1", "1", "1", "1", "0", "1", "1", "1", "1", "1"],
        ["X", "1", "nobody"],
        ["A", "1", "nobody", "b", "1", "1"],
        ["L", "1", "nobody", "1", "1", "1", "1", "1", "1", "1", "1"],
    ],
)
def test_a_record_that_does_not_fit_is_damage(record: list[str]) -> None:
    with pytest.raises(Damaged):
        State().apply(record)


def test_a_reservation_that_comes_twice_is_damage() -> None:
    state = State()
    record = reserve(1, 0, ask(), ME)
    state.apply(record)

    with pytest.raises(Damaged):
        state.apply(record)
