"""House-keeping: remove what is over, keep what is anybody's work, and tell of both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from runner.errors import Busy, RunnerError, Stopped, StoreFailed
from runner.git.belonging import belonging_of
from runner.git.unpushed import beside, clone_alone
from runner.process.stop import Stop
from runner.runs.disk import remove, set_aside
from runner.runs.finding import Shelves, everything
from runner.runs.finding_clones import REPLAY, Grounds
from runner.runs.finding_copies import Vaults
from runner.runs.keeping import Found, Kind, Plan, plan

COLLECT_PACKS = 50
COLLECT_LOOSE = 6700
"""More packs, or more loose objects, than git's own house-keeping would put up with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What clearing one clone of unneeded objects came to."""

    clone: str
    freed_bytes: int | None
    """None in a dry run: only doing it tells."""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """What was removed, or with `dry_run` would have been, and what was kept although it was looked at."""

    dry_run: bool
    removed: tuple[Found, ...] = ()
    kept: tuple[Found, ...] = ()
    within: int = 0
    """Things that are within the bounds."""
    collected: tuple[Collected, ...] = ()
    archived: int = 0
    """Tasks that ended long ago and left the tables which every claim goes through."""
    failed: tuple[str, ...] = ()
    """What should have gone and could not: one line each."""
    unfinished: bool = False
    """The time was over, or somebody said stop; the rest is for the next time."""

    @property
    def freed_bytes(self) -> int:
        return sum(one.size_bytes for one in self.removed) + sum(
            one.freed_bytes or 0 for one in self.collected
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What is done beside the removals; each may raise RunnerError."""

    archive: Callable[[bool], int]
    """Put tasks that ended long ago out of the way (only count them with True); how many."""
    collect_always: bool = True
    """Clear every clone of unneeded objects, not only those that have gathered many."""


@dataclass
class Cleaner:
    """One round of house-keeping."""

    shelves: Shelves
    grounds: Grounds
    upkeep: Upkeep
    stop: Stop
    removed: list[Found] = field(default_factory=list)
    kept: list[Found] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @cached_property
    def vaults(self) -> Vaults:
        return Vaults(shelves=self.shelves, grounds=self.grounds)

    def clean(self, *, dry_run: bool) -> CleanReport:
        """Look, decide, remove. With `dry_run` the same is told and nothing is removed.

        Raises:
            StoreFailed: nothing at all could be removed of what should go.
        """
        report = CleanReport(dry_run=dry_run)
        try:
            decided = self.decide()
            self.kept.extend(decided.kept)
            report = replace(report, within=decided.within)
            for thing in decided.going:
                self.stop.check()
                self._go(thing, dry_run=dry_run)
            self._must_not_have_failed()
            report = replace(report, collected=self._collect(dry_run=dry_run))
            report = replace(report, archived=self._archive(dry_run=dry_run))
        except Stopped:
            report = replace(report, unfinished=True)
        return replace(report, removed=tuple(self.removed), kept=tuple(self.kept), failed=tuple(self.failed))

    def _must_not_have_failed(self) -> None:
        if self.failed and not self.removed:
            raise StoreFailed(
                f"nothing can be removed in {self.shelves.paths.state}: {self.failed[0]}",
                hint="check its owner and mode, and that the disk is not read-only",
            )

    def decide(self) -> Plan:
        """Look at everything and decide; nothing is removed."""
        shelves, grounds, vaults = self.shelves, self.grounds, self.vaults
        return plan(
            everything(
                shelves.found_files(),
                shelves.found_rests(),
                grounds.found_halves(),
                shelves.found_runs(),
                vaults.found_copies(),
                vaults.found_vaults(),
                grounds.found_trees(),
                grounds.found_clones(),
                shelves.found_strangers(),
            )
        )

    def _go(self, thing: Found, *, dry_run: bool) -> None:
        if dry_run:
            self.removed.append(thing)
            return
        try:
            objection = self._remove(thing)
        except Stopped:
            raise
        except Busy as busy:
            objection = str(busy)
        except (RunnerError, OSError) as error:
            self.failed.append(str(error))
            return
        if objection is None:
            return  # another process was faster
        if objection:
            self.kept.append(replace(thing, stays=objection))
        else:
            self.removed.append(thing)

    def _remove(self, thing: Found) -> str | None:
        """Remove one thing. Empty when it is gone, None when it was gone already, else why it stays after all."""
        if thing.kind is Kind.RUN:
            return self.shelves.why_run_stays(thing.path) or _gone(remove(thing.path))
        if thing.kind is Kind.COPY:
            return self.vaults.remove_copy(thing.path)
        if thing.kind is Kind.VAULT:
            return self.vaults.remove_vault(thing.path)
        if thing.kind is Kind.WORK_TREE:
            return self._remove_tree(thing.path)
        if thing.kind is Kind.CLONE:
            return self._remove_clone(thing.path)
        return _gone(remove(thing.path))

    def _remove_tree(self, tree: Path) -> str:
        grounds = self.grounds
        private = grounds.private(grounds.registered[tree])
        aside: list[Path] = []

        def unless() -> str:
            if grounds.open_runs_in(tree):
                return "a run has begun in it"
            replay = tree.parent.name == REPLAY
            at_stake = "" if replay else grounds.at_stake(private, tree, grounds.runs_in(tree))
            if not at_stake and tree.is_dir():
                # What a kill leaves of a tree that goes file by file would look like somebody's change.
                aside.append(set_aside(tree))
            return at_stake

        objection = private.remove_work_tree(tree, unless=unless, stop=self.stop)
        for path in aside:
            remove(path)
        return objection

    def _remove_clone(self, clone: Path) -> str | None:
        stays = self.grounds.why_clone_stays(clone)
        if stays:
            return stays
        with clone_alone(clone):
            # Whoever waited for the lock may have used it; whoever waits now makes a new one.
            if not self.grounds.why_clone_could_go(clone) or not self.grounds.holds_nothing(clone):
                return "it is used again"
            vault, *files = beside(clone)
            aside = [set_aside(path) for path in (vault, clone) if path.exists()]
            for file in files:
                file.unlink(missing_ok=True)
        for path in aside:
            remove(path)
        return "" if aside else None

    def _collect(self, *, dry_run: bool) -> tuple[Collected, ...]:
        gone = {thing.path for thing in self.removed}
        clones = [
            clone for clone in self.grounds.clones if clone not in gone and self._wants_collection(clone)
        ]
        if dry_run:
            return tuple(Collected(clone=clone.name, freed_bytes=None) for clone in clones)
        return tuple(self._collect_one(clone) for clone in clones)

    def _wants_collection(self, clone: Path) -> bool:
        belonging = belonging_of(clone)
        if belonging is None or belonging.is_gone or not clone.is_dir():
            return False
        return self.upkeep.collect_always or has_many_objects(clone)

    def _collect_one(self, clone: Path) -> Collected:
        self.stop.check()
        try:
            freed = self.grounds.private(clone).collect(stop=self.stop)
        except Stopped:
            raise
        except Busy:
            return Collected(clone=clone.name, freed_bytes=0)
        except (RunnerError, OSError) as error:
            return Collected(clone=clone.name, freed_bytes=0, trouble=str(error))
        return Collected(clone=clone.name, freed_bytes=freed)

    def _archive(self, *, dry_run: bool) -> int:
        try:
            return self.upkeep.archive(dry_run)
        except Busy:
            return 0  # the next round finds them too
        except RunnerError as error:
            self.failed.append(f"ended tasks are not put away: {error}")
            return 0


def _gone(removed: bool) -> str | None:
    return "" if removed else None


def has_many_objects(clone: Path) -> bool:
    """Whether git's own house-keeping would find it worth while; estimated from one folder of 256, as git does."""
    with suppress(OSError):
        if len(list((clone / "objects" / "17").iterdir())) * 256 > COLLECT_LOOSE:
            return True
    with suppress(OSError):
        return len(list((clone / "objects" / "pack").glob("*.pack"))) > COLLECT_PACKS
    return False
