"""A way to wake a `select` from another thread or from a signal handler."""

from __future__ import annotations

import os
import threading


class Wake:
    """`reader` is readable from `set` until `clear`."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self._writer, False)
        # Re-entrant: a signal handler may call `set` while its own thread is inside `set`.
        self._lock = threading.RLock()
        self._open = True

    def set(self) -> None:
        """Never blocks, never raises, also after `close`."""
        with self._lock:
            if not self._open:
                return
            try:
                os.write(self._writer, b"!")
            except BlockingIOError:
                return  # full of earlier calls: it is awake

    def clear(self) -> None:
        try:
            os.read(self.reader, 1 << 16)
        except BlockingIOError:
            return

    def close(self) -> None:
        with self._lock:
            if self._open:
                self._open = False
                os.close(self.reader)
                os.close(self._writer)
