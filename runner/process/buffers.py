"""What a child wrote, kept within bounds: as lines, as a tail, or as both ends of a long text."""

from __future__ import annotations

from collections import deque

LINE_LIMIT_BYTES = 64 * 2**20
"""A longer line is handed on in pieces, so that a child that never ends a line cannot fill the memory."""


class Lines:
    """Bytes in, whole lines out; a line of any length is joined once."""

    def __init__(self, line_limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        self._limit = line_limit_bytes
        self._whole: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self.size_bytes = 0
        """How much is waiting here, whole lines and the begun one together."""

    def add(self, data: bytes) -> None:
        self.size_bytes += len(data)
        *whole, rest = data.split(b"\n")
        for line in whole:
            self._parts.append(line + b"\n")
            self._join()
        if rest:
            self._parts.append(rest)
            self._parts_bytes += len(rest)
        if self._parts_bytes >= self._limit:
            self._join()

    def finish(self) -> None:
        """No more will come: what is left without a newline is the last line."""
        if self._parts:
            self._join()

    def take(self) -> bytes | None:
        """The oldest whole line, or None."""
        if not self._whole:
            return None
        line = self._whole.popleft()
        self.size_bytes -= len(line)
        return line

    def _join(self) -> None:
        self._whole.append(b"".join(self._parts))
        self._parts, self._parts_bytes = [], 0


class Tail:
    """The last `limit_bytes` of what was added."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._kept = bytearray()

    def add(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) > 2 * self._limit:
            del self._kept[: -self._limit]

    def bytes(self) -> bytes:
        return bytes(self._kept[-self._limit :]) if self._limit else b""


class Ends:
    """The beginning and the end of what was added, at most `limit_bytes` together; a line tells of the gap."""

    def __init__(self, limit_bytes: int) -> None:
        self._head_limit = limit_bytes - limit_bytes // 2
        self._head = bytearray()
        self._tail_limit = limit_bytes // 2
        self._tail = Tail(self._tail_limit)
        self._total = 0

    def add(self, data: bytes) -> None:
        room = self._head_limit - len(self._head)
        self._head += data[:room]
        self._tail.add(data[room:])
        self._total += len(data)

    @property
    def truncated(self) -> bool:
        return self._total > self._head_limit + self._tail_limit

    def bytes(self) -> bytes:
        if not self.truncated:
            return bytes(self._head) + self._tail.bytes()
        left_out = self._total - self._head_limit - self._tail_limit
        return bytes(self._head) + b"\n[... %d bytes left out ...]\n" % left_out + self._tail.bytes()
