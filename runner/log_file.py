"""A log file that several processes append to and that never grows beyond its limit."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.errors import Busy
from runner.file_lock import one_writer
from runner.paths import private_folder

LIMIT_BYTES = 5_000_000
KEPT_FILES = 5


class LogFile(logging.Handler):
    """Appends each record as one line. Opened anew for each, so that another process may rotate it meanwhile."""

    def __init__(
        self,
        path: Path,
        *,
        on_trouble: Callable[[Exception], None],
        limit_bytes: int = LIMIT_BYTES,
        kept_files: int = KEPT_FILES,
    ) -> None:
        super().__init__()
        self._path = path
        self._on_trouble = on_trouble
        self._limit_bytes = limit_bytes
        self._kept_files = kept_files
        self._troubled = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; the first one that cannot be written is told to `on_trouble`, the others are lost."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
            private_folder(self._path.parent)
            if self._size() + len(line) > self._limit_bytes:
                self._rotate(len(line))
            self._append(line)
        except Exception as error:  # noqa: BLE001 - a log must never end the program
            if not self._troubled:
                self._troubled = True
                self._on_trouble(error)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def _rotate(self, coming_bytes: int) -> None:
        # Busy: another process is doing it, and this line still goes into the old file.
        with suppress(Busy), one_writer(self._path.parent, timeout_s=0):
            # It may have been done just now.
            if self._size() + coming_bytes > self._limit_bytes:
                self._move_up()

    def _move_up(self) -> None:
        for number in range(self._kept_files - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        if self._path.exists():
            self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
