"""Work begun before its turn: what needs no work tree is done while git checks one out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Runs `work` in a thread from now on; whoever needs it waits for `result`."""

    def __init__(self, work: Callable[[], T], *, name: str) -> None:
        self._work = work
        self._value: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def result(self) -> T:
        """What `work` returned, or raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # without an error it is what `work` returned

    def wait(self) -> None:
        """Until it is over, whatever came of it: no thread may outlive the run."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised again by `result`, in the right thread
            self._error = error
