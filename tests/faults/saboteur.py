"""`runner` as a process to which something happens: `python -m tests.faults.saboteur PLACE ACT WORDS...`.

`PLACE` is `before:N` or `after:N` (the Nth time that a run's record is written) or `after:verify begun=N` (the Nth time
that this was the newest thing in it). `ACT` is a shell command, or `clock:SECONDS`, a step of the wall clock.
"""

from __future__ import annotations

import datetime as datetime_module
import subprocess
import sys
import time
from datetime import datetime, timedelta, tzinfo

_real_time = time.time
_step_s = [0.0]


class SteppedDatetime(datetime):
    """What a program sees that asks for the time."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # of this class too
        return super().now(tz) + timedelta(seconds=_step_s[0])


def main(place: str, act: str, words: list[str]) -> int:
    # Before anything of ours is imported: the names that it takes from these modules are bound then.
    time.time = lambda: _real_time() + _step_s[0]
    datetime_module.datetime = SteppedDatetime  # type: ignore[misc]  # the wall clock of this process
    from runner.cli.main import run
    from runner.runs.record import RunRecord
    from tests.faults.victim import Place, what

    save, seen, chosen = RunRecord.save, [0], Place.of(place)

    def sabotaged(record: RunRecord) -> None:
        newest = what(record)
        seen[0] += chosen.what in ("", newest)
        here = seen[0] == chosen.number and chosen.what in ("", newest)
        if here and chosen.when == "before":
            do(act)
        save(record)
        if here and chosen.when == "after":
            do(act)

    RunRecord.save = sabotaged  # type: ignore[assignment,method-assign]  # where a real process can be met exactly
    return run(words)


def do(act: str) -> None:
    word, _, seconds = act.partition(":")
    if word == "clock":
        _step_s[0] += float(seconds)
    else:
        subprocess.run(["/bin/sh", "-c", act], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
