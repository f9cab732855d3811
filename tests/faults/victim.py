"""`runner` as a process that kills itself at a given act: `python -m tests.faults.victim PLACE WORDS...`.

`PLACE` is `before:N`, `after:N` (the Nth time that a run's record is written), or `after:verify begun=N` (the Nth time
that this was the newest thing in it), with `group:` in front to take the whole process group along. `sleep:` in the
place of `after:` stops it there until it is woken. `count` kills nobody; it prints how many writes there were, and of
what, on standard error.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass

from runner.cli.main import run
from runner.runs.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When to die."""

    when: str
    what: str
    """Empty counts every write."""
    number: int
    group: bool

    @classmethod
    def of(cls, text: str) -> Place:
        *group, when, which = text.split(":")
        what, _, number = which.rpartition("=")
        return cls(when=when, what=what, number=int(number), group=bool(group))

    def die(self) -> None:
        if self.when == "sleep":
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self.group:
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()


def main(place: str, words: list[str]) -> int:
    save, seen = RunRecord.save, [0]
    victim = Place.of("never:0" if place == "count" else place)

    def dying(record: RunRecord) -> None:
        newest = what(record)
        seen[0] += victim.what in ("", newest)
        here = seen[0] == victim.number and victim.what in ("", newest)
        if place == "count" or here:
            sys.stderr.write(f"save {seen[0]}: {newest}\n")
        if here and victim.when == "before":
            victim.die()
        save(record)
        if here and victim.when in {"after", "sleep"}:
            victim.die()

    RunRecord.save = dying  # type: ignore[assignment,method-assign]  # the one place where a real process can be killed exactly
    return run(words)


def what(record: RunRecord) -> str:
    """The newest thing in a record, in a few words."""
    steps = record.data.get("steps")
    last = steps[-1] if isinstance(steps, list) and steps else {}
    if not isinstance(last, dict):
        return "-"
    return f"{last.get('name')} {'done' if 'done_at' in last else 'begun'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
