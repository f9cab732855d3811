"""Copies of the developer's checkout that runs have kept, and vaults that are of no use: which of them could go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.errors import RunnerError, Stopped
from runner.git.belonging import belonging_file, belonging_of
from runner.git.copies import Content, Copy, clone_of, content_of, is_vault, let_go, size_in_vault
from runner.git.lock import locked
from runner.git.unpushed import clone_alone, locks_of
from runner.runs.disk import age_s, children, remove, set_aside, size_bytes
from runner.runs.finding import Shelves, is_locked
from runner.runs.finding_clones import Grounds
from runner.runs.keeping import Found, Kind, counted_days, judge_copy
from runner.runs.overview import Overview, overview_of


@dataclass
class Vaults:
    """The vaults as they are now, with the clones beside them or without."""

    shelves: Shelves
    grounds: Grounds

    @cached_property
    def contents(self) -> Mapping[Path, Content]:
        """What is in each vault."""
        found: dict[Path, Content] = {}
        for vault in filter(is_vault, children(self.shelves.paths.clones)):
            self.grounds.stop.check()
            try:
                found[vault.resolve()] = content_of(vault.resolve(), self.grounds.source)
            except Stopped:
                raise
            except (RunnerError, OSError) as error:
                found[vault.resolve()] = Content(trouble=f"it cannot be read: {error}")
        return found

    @cached_property
    def copies(self) -> Mapping[Path, Copy]:
        """By where each is."""
        return {copy.path: copy for content in self.contents.values() for copy in content.copies}

    def found_copies(self) -> Iterator[Found]:
        for path, copy in self.copies.items():
            past, stays = self._judge(copy)
            stays = stays or (self._busy(copy.vault) if past else "")
            size = self._size(copy) if past else 0
            yield Found(kind=Kind.COPY, name=copy.run_id, path=path, size_bytes=size, past=past, stays=stays)

    def found_vaults(self) -> Iterator[Found]:
        """Vaults that hold nothing, and what a clone that is gone has left there of somebody else's."""
        for vault, content in self.contents.items():
            why = "its clone is gone" if is_orphan(vault) else self._why_useless(vault, content)
            if content.copies or not why:
                continue
            others = f"{', '.join(content.others[:3])} may be nowhere else" if content.others else ""
            yield Found(
                kind=Kind.VAULT,
                name=vault.name,
                path=vault,
                size_bytes=size_bytes(vault),
                past=why,
                stays=content.trouble or others or self._busy(vault),
            )

    def _why_useless(self, vault: Path, content: Content) -> str:
        """Of one with its clone, which takes it along, and answers for what is in it, when it goes itself."""
        if content.trouble or content.others or self.grounds.why_clone_could_go(clone_of(vault)):
            return ""
        return "nothing is kept in it"

    def remove_copy(self, path: Path) -> str:
        """Remove a copy, asked again under its lock. Empty when it is gone, else why it stays after all."""
        copy = self.copies[path]

        def unless() -> str:
            stays = self._judge(copy)[1]
            # What brings back a difference is in the run's folder, and nothing without the copy.
            return stays or ("its run could not be removed" if self._run(copy) else "")

        objection = let_go(copy, self.grounds.source, unless=unless)
        if not objection and not copy.vault.exists():
            self._tidy(copy.vault)
        return objection

    def remove_vault(self, vault: Path) -> str | None:
        """Remove a vault that still holds nothing; the answer is as of `remove_copy`, None when it was gone already."""
        with locked(locks_of(clone_of(vault))[0], timeout_s=0):
            if not vault.is_dir():
                return None
            content = content_of(vault, self.grounds.source)
            if content.copies or content.others:
                return "it is used again"
            aside = set_aside(vault)
        remove(aside)
        self._tidy(vault)
        return ""

    def _tidy(self, vault: Path) -> None:
        """After the last copy: what else there is of a clone that is gone."""
        clone = clone_of(vault)
        if clone.exists():
            return
        with clone_alone(clone):
            if not clone.exists():
                for file in (belonging_file(clone), *locks_of(clone)):
                    file.unlink(missing_ok=True)

    def _judge(self, copy: Copy) -> tuple[str, str]:
        age, bounds = self._age(copy), self.shelves.bounds
        run = self._run(copy)
        late = self.shelves.late_runs.get(copy.run_id, "")
        if run is None and not late and age > bounds.age_s:
            late = f"older than {counted_days(bounds.days)}"
        belonging = belonging_of(copy.clone)
        return judge_copy(
            run,
            age_s=age,
            late=late,
            run_stays=self.shelves.why_run_stays(run.folder) if run is not None and late else "",
            orphan=is_orphan(copy.vault),
            homeless=belonging is None or belonging.is_gone,
        )

    def _run(self, copy: Copy) -> Overview | None:
        folder = self.shelves.paths.runs / copy.run_id
        return overview_of(folder) if (folder / "run.json").is_file() else None

    def _age(self, copy: Copy) -> float:
        # git may have packed the refs.
        places = (copy.path, copy.vault / "packed-refs")
        return next((age_s(path, self.shelves.now_s) for path in places if path.exists()), 0.0)

    def _size(self, copy: Copy) -> int:
        return size_bytes(copy.vault) if copy.alone else size_in_vault(copy, self.grounds.source)

    def _busy(self, vault: Path) -> str:
        lock = locks_of(clone_of(vault))[0]
        return "another process is at work on it" if is_locked(lock) else ""


def is_orphan(vault: Path) -> bool:
    """Whether the clone beside it is gone."""
    return not clone_of(vault).exists()
