"""What lies in our folders and could go: runs, logs, caches, the rest of what was broken off. Nothing is changed."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.errors import RunnerError
from runner.paths import Paths
from runner.runs.disk import age_s, children, is_own_folder, is_run_id, leftovers, size_bytes
from runner.runs.keeping import Bounds, Found, Kind, RunFolder, counted_days, past_bounds, why_run_stays
from runner.runs.overview import OPEN, Overview, RunState, overview_of
from runner.runs.record import LOCK
from runner.tasks.model import FINAL, Outcome, Task

HALF_MADE_S = 86_400.0
"""A run's folder without its record is not touched for a day: it may be one that begins at this moment."""

_LOGS = re.compile(r"runner\.log\.\d+|bug-[0-9T]+-\d+\.txt")
_CHECKS = re.compile(r"[0-9a-f]{64}\.json")
_PROMPTS = re.compile(r"[0-9a-f]{16}")
_DRAFT = re.compile(r"\.[\w.-]+\.[0-9a-f]{12}")
"""What a killed writer leaves beside the file that it wanted to replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """Asks the queue about a task; raises RunnerError (no such task, or it cannot be asked)."""

    task: Callable[[str], Task]
    is_unknown: Callable[[RunnerError], bool]
    """Whether the error says that there is no such task."""

    def conversation_of(self, run: Overview) -> str | None:
        """The task that will go on with this run's conversation; empty for none, None when nobody can tell."""
        if run.outcome in {Outcome.DONE, Outcome.DONE_NO_CHANGE} or not run.session_id or not run.task_id:
            return ""
        try:
            task = self.task(run.task_id)
        except RunnerError as error:
            return "" if self.is_unknown(error) else None
        goes_on = task.status not in FINAL and task.conversation == run.session_id
        return task.id if goes_on else ""


@dataclass
class Shelves:
    """Our folders as they are now. Each run's record is read once, and only if somebody asks."""

    paths: Paths
    bounds: Bounds
    now_s: float
    """Seconds since 1970."""
    awaiting: Awaiting

    @cached_property
    def run_folders(self) -> tuple[Path, ...]:
        """Newest first."""
        folders = (path for path in children(self.paths.runs) if is_run_id(path.name) and is_own_folder(path))
        return tuple(sorted((path for path in folders if (path / "run.json").is_file()), reverse=True))

    @cached_property
    def runs(self) -> tuple[Overview, ...]:
        """Every run, newest first."""
        return tuple(overview_of(folder) for folder in self.run_folders)

    def open_runs(self) -> tuple[Overview, ...]:
        """Runs that are at work or wait, read anew: one may have begun since."""
        folders = (path for path in children(self.paths.runs) if (path / "run.json").is_file())
        found = (overview_of(path) for path in folders if not (path / "outcome.json").is_file())
        return tuple(run for run in found if run.state is not RunState.GIVEN_BACK)

    @cached_property
    def run_sizes(self) -> Mapping[Path, int]:
        """In bytes."""
        return {path: size_bytes(path) for path in self.run_folders}

    @cached_property
    def late_runs(self) -> Mapping[str, str]:
        """The runs past the bounds, by id, and the bound; none of them has to be read for that."""
        seen = [
            RunFolder(name=path.name, age_s=age_s(path / "run.json", self.now_s), size_bytes=size)
            for path, size in self.run_sizes.items()
        ]
        return past_bounds(seen, self.bounds)

    def found_runs(self) -> Iterator[Found]:
        """Runs; those within the bounds are not even read."""
        for path, size in self.run_sizes.items():
            why = self.late_runs.get(path.name, "")
            stays = self.why_run_stays(path) if why else ""
            yield _found(Kind.RUN, path, why, stays=stays, size=size)

    def why_run_stays(self, folder: Path) -> str:
        """Asked when looking and again right before the removal."""
        run = overview_of(folder)
        return why_run_stays(
            run,
            # Who wants to go on with an unfinished one tries its lock once: nobody else may touch it.
            busy=run.state not in OPEN and is_locked(folder / LOCK),
            awaited=self.awaiting.conversation_of(run),
        )

    def found_rests(self) -> Iterator[Found]:
        """Folders of runs that never came to a record, and removals that were broken off."""
        for path in children(self.paths.runs):
            if is_run_id(path.name) and is_own_folder(path) and not os.path.lexists(path / "run.json"):
                old = age_s(path, self.now_s) > HALF_MADE_S and not is_locked(path / LOCK)
                yield _found(Kind.LEFTOVER, path, "a run that never began" if old else "")
        stems = (path for path in children(self.paths.worktrees) if is_own_folder(path))
        for folder in (self.paths.runs, self.paths.clones, self.paths.worktrees, *stems):
            for path in leftovers(folder):
                yield _found(Kind.LEFTOVER, path, "a removal that was broken off")

    def found_files(self) -> Iterator[Found]:
        """Old logs, results of checks, copies of prompts: each can be missed, or made again."""
        cache = self.paths.cache
        places = (
            (Kind.LOG, self.paths.log, _LOGS),
            (Kind.CACHE, cache / "checks", _CHECKS),
            (Kind.CACHE, cache / "prompts", _PROMPTS),
            (Kind.LEFTOVER, self.paths.log, _DRAFT),
            (Kind.LEFTOVER, cache / "checks", _DRAFT),
        )
        for kind, folder, pattern in places:
            for path in children(folder):
                if pattern.fullmatch(path.name) and not path.is_symlink():
                    old = age_s(path, self.now_s) > self.bounds.age_s
                    yield _found(kind, path, f"older than {counted_days(self.bounds.days)}" if old else "")

    def found_strangers(self) -> Iterator[Found]:
        """What is not ours: told, and left alone."""
        for folder in (self.paths.runs, self.paths.clones, self.paths.worktrees):
            if folder.is_symlink():
                yield _stranger(folder, "a link to somewhere else is not followed")
        for path in children(self.paths.runs):
            if not _is_ours(path, is_run_id(path.name)):
                yield _stranger(path)
        for path in children(self.paths.clones):
            ours = path.name.endswith((".git", ".lock", ".kept", ".from", ".new")) or _DRAFT.fullmatch(
                path.name
            )
            if not _is_ours(path, bool(ours)):
                yield _stranger(path)


def _is_ours(path: Path, named_so: bool) -> bool:
    return not path.is_symlink() and (named_so or path.name.startswith(".removing-"))


def _found(kind: Kind, path: Path, past: str, *, stays: str = "", size: int | None = None) -> Found:
    """One thing; its size is only measured if it can go."""
    known = size if size is not None else size_bytes(path) if past else 0
    return Found(kind=kind, name=path.name, path=path, size_bytes=known, past=past, stays=stays)


def _stranger(path: Path, why: str = "it is not ours") -> Found:
    return Found(kind=Kind.STRANGER, name=path.name, path=path, stays=why)


def is_locked(path: Path) -> bool:
    """Whether a process has this lock file locked; a missing one is free, and nothing is written."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        with suppress(OSError):
            os.close(descriptor)
    return False


def everything(*parts: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(thing for part in parts for thing in part)
