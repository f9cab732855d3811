"""Make a damaged store usable again: what can be read is kept, and doubt never gives anything back."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runner.allowance.files.asks import CLOCK_SLACK_S
from runner.allowance.files.compaction import start_generation
from runner.allowance.files.disk import flush_folder, make_private_folder, store_failed
from runner.allowance.files.lock import Turnstile
from runner.allowance.files.reading import read_only_state
from runner.allowance.files.records import settle
from runner.allowance.files.salvage import Salvage
from runner.allowance.files.state import State
from runner.allowance.holder import is_alive
from runner.allowance.model import Holder, Reservation
from runner.allowance.rules import utc_day
from runner.errors import StoreFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What `repair` found and did."""

    lost: tuple[str, ...] = ()
    """What could not be read, one line each."""
    booked: tuple[Reservation, ...] = ()
    """Open holds whose end may be among the lost lines: charged in full."""
    from_previous: bool = False
    """The snapshot was damaged and has been made anew from the one before it and the logs."""
    clock_accepted: bool = False
    """The newest record lay more than a day ahead of the clock; the clock is believed from now on."""
    kept_in: Path | None = None
    """The folder with the files as they were; None when nothing was changed."""

    @property
    def changed(self) -> bool:
        return self.kept_in is not None

    def lines(self) -> tuple[str, ...]:
        """The same in sentences."""
        if not self.changed:
            return ("The allowance is whole; nothing was changed.",)
        told = [f"Lost: {what}." for what in self.lost]
        told += [f"Charged in full: run {one.id} of agent {one.agent_id}." for one in self.booked]
        if self.from_previous:
            told.append("The snapshot was made anew from the one before it and the logs.")
        if self.clock_accepted:
            told.append("The clock is believed from now on.")
        return (*told, f"The files as they were are in {self.kept_in}.")


def repair(
    folder: Path,
    *,
    now: float,
    is_alive: Callable[[Holder], bool | None] = is_alive,
    timeout_s: float = 10.0,
) -> Repaired:
    """Rebuild the store from whatever can be read of it; `now` is unix seconds.

    Where lines are lost, open holds are charged in full, unless their process is alive and can still tell.

    Raises:
        Busy: others kept it locked for `timeout_s` seconds.
        StoreFailed: a file cannot be read at all, or nothing can be written.
    """
    if not folder.is_dir():
        return Repaired()
    turnstile = Turnstile(str(folder))
    try:
        turnstile.take(time.monotonic() + timeout_s)
        return _repair(folder, now, is_alive)
    except OSError as error:
        raise store_failed(str(folder), error) from error
    finally:
        turnstile.leave()
        turnstile.close()


def _repair(folder: Path, now: float, is_alive: Callable[[Holder], bool | None]) -> Repaired:
    state = _whole(folder)
    if state is not None and state.last_at - now <= CLOCK_SLACK_S:
        return Repaired()
    salvage = Salvage(str(folder))
    state = salvage.state
    kept_in = _keep(folder, now)
    booked = _book_doubtful(state, int(now), is_alive) if salvage.lost else ()
    ahead = state.last_at - now > CLOCK_SLACK_S
    if ahead:
        state.last_at = int(now)
    state.epoch = os.urandom(8).hex()
    start_generation(str(folder), state, keep_previous=False)
    return Repaired(
        lost=tuple(salvage.lost),
        booked=booked,
        from_previous=salvage.from_previous,
        clock_accepted=ahead,
        kept_in=kept_in,
    )


def _whole(folder: Path) -> State | None:
    try:
        return read_only_state(str(folder))
    except StoreFailed:
        return None


def _keep(folder: Path, now: float) -> Path:
    """Copy every file of the store aside; nothing that a person may want to look at is lost."""
    stamp = datetime.fromtimestamp(now, tz=UTC).strftime("%Y%m%dT%H%M%S")
    aside = folder / f"damaged-{stamp}-{os.urandom(3).hex()}"
    make_private_folder(str(aside))
    for file in sorted(folder.glob("*")):
        if file.name.startswith(("snapshot", "log.")):
            shutil.copyfile(file, aside / file.name)
            (aside / file.name).chmod(0o600)
    flush_folder(str(aside))
    return aside


def _book_doubtful(
    state: State, at: int, is_alive: Callable[[Holder], bool | None]
) -> tuple[Reservation, ...]:
    doubtful = [entry for entry in state.open.values() if not is_alive(entry.holder)]
    for entry in doubtful:
        day = max(utc_day(at), entry.day)
        state.apply(
            settle(
                at,
                entry,
                booked_day=day,
                tokens=entry.tokens,
                cost=entry.cost,
                spent=entry.seen,
                reaped=True,
            )
        )
    return tuple(entry.reservation() for entry in doubtful)
