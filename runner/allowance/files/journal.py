"""The log behind a snapshot: numbered lines; the first names the snapshot that it belongs to."""

from __future__ import annotations

from runner.allowance.files.lines import Damaged, decode, encode, is_whole
from runner.allowance.files.records import Record
from runner.allowance.files.state import State

_HEAD = "G"
_HOLE = b"\0\0"


def head_line(state: State) -> bytes:
    """The first line of the log of this generation."""
    return encode(["0", _HEAD, str(state.generation), state.epoch])


def record_line(number: int, record: Record) -> bytes:
    return encode([str(number), *record])


def read_records(data: bytes, *, first: int) -> tuple[list[Record], int]:
    """The records in `data`, whose first line has number `first`, and how many bytes of it are whole lines.

    What is left is torn: a line whose writer died. Nobody was told that it is stored, so it may be cut off.

    Raises:
        Damaged: a whole line is not as it was written, is missing, or came twice.
    """
    lines = data.split(b"\n")
    tail = lines.pop()
    if is_whole(tail[:-1]):
        raise Damaged(f"the end of line {first + len(lines)} of the log")
    if lines and _HOLE in lines[-1] and not is_whole(lines[-1]):
        # After a power cut a file may have its full length and no content: zeros, at its end only.
        tail = lines.pop() + b"\n" + tail
    return [_record(line, first + index) for index, line in enumerate(lines)], len(data) - len(tail)


def check_head(records: list[Record], state: State) -> list[Record]:
    """The records behind the head of a log. Raises: Damaged: it is not the log of this snapshot."""
    if not records:
        raise Damaged(f"log.{state.generation} is empty")
    if records[0] != [_HEAD, str(state.generation), state.epoch]:
        raise Damaged(f"log.{state.generation} does not belong to the snapshot")
    return records[1:]


def _record(line: bytes, number: int) -> Record:
    try:
        fields = decode(line)
    except Damaged as error:
        raise Damaged(f"line {number} of the log: {error}") from error
    if fields[0] != str(number) or len(fields) < 2:
        raise Damaged(f"line {number} of the log is missing; there is line {fields[0]!r}")
    return fields[1:]
