"""What can still be read of a damaged store, line by line; every line that cannot is named."""

from __future__ import annotations

import os

from runner.allowance.files import records, snapshot
from runner.allowance.files.compaction import PREVIOUS, SNAPSHOT, log_generations, log_path
from runner.allowance.files.disk import read_whole
from runner.allowance.files.entry import OPEN, Entry
from runner.allowance.files.lines import Damaged, decode, fields_of, is_whole, payload_of
from runner.allowance.files.records import Record
from runner.allowance.files.state import State
from runner.allowance.rules import SECONDS_PER_DAY

_CRC_WIDTH = 9


class Salvage:
    """A state put together from the best snapshot and the logs behind it.

    `lost` says, one line each, what could not be read or did not fit.
    """

    def __init__(self, folder: str) -> None:
        """Raises: OSError: a file is there and cannot be read at all."""
        self.lost: list[str] = []
        self.from_previous = False
        self._folder = folder
        self.state = self._base()
        self._add_logs()

    def _base(self) -> State:
        whole = self._whole_snapshot(SNAPSHOT)
        if whole is None and (whole := self._whole_snapshot(PREVIOUS)) is not None:
            self.from_previous = True
        return whole or self._torn_snapshot()

    def _whole_snapshot(self, name: str) -> State | None:
        try:
            return snapshot.load(read_whole(os.path.join(self._folder, name)))
        except (FileNotFoundError, Damaged):
            return None

    def _torn_snapshot(self) -> State:
        """Neither snapshot is whole: take the good lines of the newer one."""
        generations = log_generations(self._folder)
        try:
            data = read_whole(os.path.join(self._folder, SNAPSHOT))
        except FileNotFoundError:
            self.lost.append("snapshot is missing")
            return State(generation=min(generations, default=0))
        first, *lines = data.split(b"\n")[:-1] or [b""]
        state = self._head(first) or State(generation=max(generations, default=0))
        for number, line in enumerate(lines, start=1):
            try:
                snapshot.add_line(state, payload_of(line))
            except (Damaged, ValueError):
                self.lost.append(f"snapshot: line {number} cannot be read")
        return state

    def _head(self, line: bytes) -> State | None:
        try:
            return snapshot.head_state(line)
        except (Damaged, ValueError):
            self.lost.append("snapshot: its head cannot be read")
            return None

    def _add_logs(self) -> None:
        generations = [one for one in log_generations(self._folder) if one >= self.state.generation]
        if self.state.generation not in generations:
            self.lost.append(f"log.{self.state.generation} is missing")
        for generation in generations:
            self._add_log(f"log.{generation}", read_whole(log_path(self._folder, generation)))
            self.state.generation = generation

    def _add_log(self, name: str, data: bytes) -> None:
        *lines, tail = data.split(b"\n")
        if is_whole(tail) or is_whole(tail[:-1]):
            # Only its newline is not what it was; a torn line was never acknowledged and is no loss.
            lines.append(tail if is_whole(tail) else tail[:-1])
        wanted = 0
        for line in lines:
            number, record = self._read(name, wanted, line)
            if number > wanted:
                self.lost.append(f"{name}: lines {wanted} to {number - 1} are missing")
            wanted = max(wanted, number) + 1
            if record and number > 0:
                self._add(f"{name}: line {number}", record)

    def _read(self, name: str, wanted: int, line: bytes) -> tuple[int, Record]:
        """The number and the record of a line; an empty record if there is nothing to read."""
        try:
            number, *record = decode(line)
            return int(number), record
        except (Damaged, ValueError):
            self.lost.append(f"{name}: line {wanted} cannot be read")
        return wanted, _reservation_in(line)

    def _add(self, where: str, record: Record) -> None:
        try:
            _apply(self.state, record)
        except (Damaged, ValueError, IndexError):
            self.lost.append(f"{where} does not fit what came before")


def _reservation_in(line: bytes) -> Record:
    """A reservation in a line whose checksum does not fit: better a wrong digit than a forgotten hold."""
    try:
        _, *record = fields_of(line[_CRC_WIDTH:])
        if record[0] == records.RESERVE:
            entry, at = Entry(record[2:]), int(record[1])
            sane = entry.id and entry.state == OPEN and entry.tokens >= 0 and entry.cost >= 0
            return record if sane and abs(at - entry.at) <= SECONDS_PER_DAY else []
    except (ValueError, IndexError):
        return []
    return []


def _apply(state: State, record: Record) -> None:
    """Add a record that may stand behind lost ones. Raises: Damaged, ValueError, IndexError: it does not fit."""
    kind, entry_id = record[0], record[2]
    known = state.find(entry_id) is not None
    if kind == records.RESERVE and known:
        raise Damaged("a reservation that there is already")
    if kind == records.SETTLE and not known:
        # A settlement tells all there is to book: open the hold that it ends, for its first record is lost.
        _, at, _, agent, model, repository, day, *_ = record
        numbers = [day, at, "0", "0", "0", *["0"] * 9]
        state.apply([records.RESERVE, at, entry_id, agent, model, repository, "", OPEN, *numbers])
    state.apply(record)
