"""What a child wrote, kept within bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.process.buffers import Ends, Lines, Tail

pieces = st.lists(st.binary(max_size=40), max_size=12)


def taken(lines: Lines) -> list[bytes]:
    return list(iter(lines.take, None))


@settings(deadline=None)
@given(pieces)
def test_lines_are_the_same_however_they_arrive(parts: list[bytes]) -> None:
    lines = Lines()

    for part in parts:
        lines.add(part)
    lines.finish()

    whole = b"".join(parts)
    assert (
        taken(lines) == [line for line in whole.replace(b"\n", b"\n\0").split(b"\0") if line]
        or b"\0" in whole
    )
    assert lines.size_bytes == 0


def test_only_whole_lines_come_out_before_the_end() -> None:
    lines = Lines()

    lines.add(b"one\ntw")

    assert taken(lines) == [b"one\n"]
    assert lines.size_bytes == 2


def test_carriage_returns_and_other_separators_do_not_end_a_line() -> None:
    lines = Lines()

    lines.add("a\r\x0b\x0c\u2028b\r\n".encode())

    assert taken(lines) == ["a\r\x0b\x0c\u2028b\r\n".encode()]


def test_an_endless_line_comes_in_pieces() -> None:
    lines = Lines(line_limit_bytes=8)

    lines.add(b"12345")
    lines.add(b"67890")
    lines.add(b"a\nb\n")

    assert taken(lines) == [b"1234567890", b"a\n", b"b\n"]


@settings(deadline=None)
@given(pieces, st.integers(min_value=0, max_value=30))
def test_a_tail_is_the_end_of_all(parts: list[bytes], limit: int) -> None:
    tail = Tail(limit)

    for part in parts:
        tail.add(part)

    whole = b"".join(parts)
    assert tail.bytes() == whole[max(0, len(whole) - limit) :]


@settings(deadline=None)
@given(pieces, st.integers(min_value=0, max_value=60))
def test_what_fits_is_kept_whole_and_else_both_ends(parts: list[bytes], limit: int) -> None:
    ends = Ends(limit)

    for part in parts:
        ends.add(part)

    whole = b"".join(parts)
    assert ends.truncated == (len(whole) > limit)
    if not ends.truncated:
        assert ends.bytes() == whole
    else:
        head, tail = whole[: limit - limit // 2], whole[len(whole) - limit // 2 :]
        gap = b"\n[... %d bytes left out ...]\n" % (len(whole) - limit)
        assert ends.bytes() == head + gap + tail
