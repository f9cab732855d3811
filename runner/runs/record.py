"""The folder of one run: what it means to do before each act, and what came of it after.

Layout: `run.json`, `prompt.md`, `bundle.json`, `stream.jsonl` (`stream-2.jsonl` for the next call of the same
conversation, `cut-off-1.jsonl` for a call that was killed), `changes.patch` (likewise), `evidence.json`, `outcome.json`
(the last to be written: without it the run is unfinished), `events.jsonl`, `lock` (held as long as somebody works on
the run).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from runner.errors import Busy, StoreFailed, UnknownRun, UsageProblem
from runner.file_lock import try_lock, unlock
from runner.paths import private_folder, write_private
from runner.runs.model import Step

SCHEMA = 1
LOCK = "lock"
SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""No record of ours comes near it; what is larger is not read into memory."""
_DAMAGED = "the run's folder is damaged"

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def new_run_id(now: datetime) -> str:
    """`r-<UTC date>-<time>-<random>`: sorts by time, and two runners never meet."""
    return f"r-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class RunRecord:
    """Writes the folder of a run; every write of `run.json` replaces the whole file atomically."""

    def __init__(self, folder: Path, data: dict[str, Json], now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.data = data
        self._now = now
        self._lock: int | None = None

    @classmethod
    def create(cls, runs: Path, run_id: str, now: Callable[[], datetime], **facts: Json) -> RunRecord:
        """Make the folder `runs/<run_id>` and its first `run.json`."""
        folder = private_folder(runs / run_id)
        steps: list[Json] = []
        start: dict[str, Json] = {"schema": SCHEMA, "id": run_id, "started_at": now().isoformat()}
        record = cls(folder, {**start, **facts, "steps": steps}, now)
        record.hold()
        record.save()
        return record

    def hold(self) -> None:
        """Keep everybody else from working on this run until `let_go`, or the end of this process.

        Raises:
            Busy: another process works on it.
        """
        if self._lock is None:
            self._lock = try_lock(self.folder / LOCK)
        if self._lock is None:
            raise Busy(f"{self.run_id} is being worked on", hint=f"`runner stop {self.run_id}` ends it")

    def let_go(self) -> None:
        """The end of `hold`; a second time changes nothing."""
        if self._lock is not None:
            unlock(self._lock)
            self._lock = None

    @property
    def run_id(self) -> str:
        return str(self.data["id"])

    def note(self, **facts: Json) -> None:
        """Add or replace facts and write them down."""
        self.data.update(facts)
        self.save()

    @contextmanager
    def step(self, name: Step, **intent: Json) -> Iterator[dict[str, Json]]:
        """Record the intent, yield a place for the facts, record them when the block ends well."""
        entry: dict[str, Json] = {"name": name.value, "intent_at": self._now().isoformat(), "intent": intent}
        steps = self.data["steps"]
        if isinstance(steps, list):
            steps.append(entry)
        self.save()
        facts: dict[str, Json] = {}
        yield facts
        entry.update(done_at=self._now().isoformat(), fact=facts)
        self.save()

    def is_done(self, name: Step) -> bool:
        """Whether the step, when it was last begun, came to its end."""
        steps = self.data["steps"]
        entries = [
            entry
            for entry in (steps if isinstance(steps, list) else [])
            if isinstance(entry, dict) and entry.get("name") == name.value
        ]
        return bool(entries) and "done_at" in entries[-1]

    def discard(self) -> None:
        """Remove the folder of a run that never spent anything: there is nothing to tell of it."""
        # The record goes first: a folder without it is no run, should we be killed in between.
        (self.folder / "run.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.let_go()

    def save(self) -> None:
        self.write_json("run.json", self.data)

    def write_json(self, name: str, value: Mapping[str, Json]) -> None:
        self.write(name, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())

    def write(self, name: str, content: bytes) -> None:
        """Replace one file of the folder, atomically, readable by its owner only."""
        write_private(self.folder / name, content)


def private_file(path: Path) -> BinaryIO:
    """A new file to write into as things happen, readable by its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")


def open_run(runs: Path, run_id: str) -> RunRecord:
    """A run of the past, for reading. `run_id` may be shortened as long as it names one run.

    Raises:
        UnknownRun: there is none.
        UsageProblem: several are meant, or it cannot be a run's id.
        StoreFailed: its `run.json` cannot be read.
    """
    folder = find_run(runs, run_id)
    return RunRecord(folder, read_json(folder / "run.json"), lambda: datetime.now(UTC))


def list_runs(runs: Path) -> tuple[Path, ...]:
    """Folders of all runs, newest first."""
    if not runs.is_dir():
        return ()
    return tuple(sorted((path for path in runs.iterdir() if (path / "run.json").is_file()), reverse=True))


def read_json(path: Path) -> dict[str, Json]:
    """One JSON object from a file of ours.

    Raises:
        StoreFailed: it is missing, unreadable, larger than `SIZE_LIMIT_BYTES` or not a JSON object.
    """
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT_BYTES + 1)
        if len(content) > SIZE_LIMIT_BYTES:
            raise StoreFailed(f"{path}: is larger than {SIZE_LIMIT_BYTES:,} bytes", hint=_DAMAGED)
        value = json.loads(content)
    except RecursionError as error:
        raise StoreFailed(f"{path}: cannot be read: it is nested too deeply", hint=_DAMAGED) from error
    except (OSError, ValueError) as error:
        raise StoreFailed(f"{path}: cannot be read: {error}", hint=_DAMAGED) from error
    if not isinstance(value, dict):
        raise StoreFailed(f"{path}: is not a JSON object", hint=_DAMAGED)
    return value


def find_run(runs: Path, run_id: str) -> Path:
    """The folder of the run that `run_id`, which may be shortened, names. Raises: as `open_run`."""
    hint = "`runner runs` lists them"
    if not run_id or "/" in run_id or run_id.startswith("."):
        raise UsageProblem(f"{run_id!r} is not a run id", hint=hint)
    found = [path for path in list_runs(runs) if path.name.startswith(run_id)]
    exact = [path for path in found if path.name == run_id]
    if exact or len(found) == 1:
        return (exact or found)[0]
    if not found:
        raise UnknownRun(f"no run starts with {run_id!r}", hint=hint)
    raise UsageProblem(f"several runs start with {run_id!r}", hint=hint)
