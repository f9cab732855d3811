"""The commands that bring back what a checkout has lost: pure rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from runner.git.alibi_compare import Difference, Kind
from runner.git.fingerprint import Fingerprint
from runner.git.keeping import Kept

PATHS_AT_ONCE = 50
"""So many paths stand in one command."""


def recovery(
    differences: Iterable[Difference],
    before: Fingerprint,
    kept: Kept,
    *,
    clone: Path,
    git_folder: Path,
    settings: Mapping[str, Path],
    away: Path,
) -> tuple[str, ...]:
    """Shell commands, to be run in any folder, that bring back what `differences` took; () when nothing is lost.

    `clone` is the private clone, `git_folder` the one that the checkout shares with its other work trees, `settings`
    where each file of settings belongs, `away` a folder for what is new.
    """
    # The newest entry of the stash is stored last.
    found = tuple(reversed(tuple(differences)))
    told = _Telling(
        before=before, kept=kept, clone=clone, git_folder=git_folder, settings=settings, away=away
    )
    lines = (*(line for item in found for line in told.one(item)), *told.files(found))
    return tuple(dict.fromkeys(lines))


class _Telling:
    """What all commands share."""

    def __init__(
        self,
        *,
        before: Fingerprint,
        kept: Kept,
        clone: Path,
        git_folder: Path,
        settings: Mapping[str, Path],
        away: Path,
    ) -> None:
        self._before = before
        self._kept = kept
        self._clone = shlex.quote(str(clone))
        self._folder = shlex.quote(str(git_folder))
        self._settings = settings
        self._away = shlex.quote(str(away))
        self._git = f"git -C {shlex.quote(before.top)}"

    def one(self, item: Difference) -> Iterable[str]:
        match item.kind:
            case Kind.HEAD if self._before.head:
                yield f"{self._git} symbolic-ref HEAD {shlex.quote(self._before.head)}"
            case Kind.HEAD:
                yield f"{self._git} update-ref --no-deref HEAD {self._before.commit}"
            case Kind.REF if not item.before:
                yield f"{self._git} update-ref -d {shlex.quote(item.name)} {item.after}"
            case Kind.REF:
                yield from self._objects(item.name.removeprefix("refs/"))
                yield f"{self._git} update-ref {shlex.quote(item.name)} {item.before}"
            case Kind.STASH if item.before:
                number = self._before.stash.index(item.before)
                yield from self._objects(f"stash/{number}")
                yield f"{self._git} stash store -m 'kept by runner' {item.before}"
            case Kind.INDEX if "index" in self._kept.refs:
                yield from self._objects("index")
                yield f"{self._git} read-tree {self._kept.refs['index']}"
            case Kind.SETTING if not item.before:
                yield from self._put_away(str(self._settings[item.name]))
            case Kind.SETTING if "settings" in self._kept.refs:
                yield from self._objects("settings")
                yield from self._setting(item.name)
            case Kind.OBJECTS:
                yield f"cp -Rf {self._clone}/objects/. {self._folder}/objects/"
            case _:
                pass

    def _put_away(self, path: str) -> Iterable[str]:
        """What is new is not removed, it may be somebody's."""
        yield f"mkdir -p {self._away}"
        yield f"mv {shlex.quote(path)} {self._away}/"

    def _setting(self, name: str) -> Iterable[str]:
        path = self._settings[name]
        source = shlex.quote(f"{self._kept.refs['settings']}:{name}")
        yield f"mkdir -p {shlex.quote(str(path.parent))}"
        yield f"{self._git} show {source} > {shlex.quote(str(path))}"
        if path.parent.name == "hooks":
            yield f"chmod +x {shlex.quote(str(path))}"

    def files(self, differences: tuple[Difference, ...]) -> Iterable[str]:
        lost = [item.name for item in differences if item.kind is Kind.FILE and item.before]
        kinds = {path: self._before.files[path].kind for path in lost}
        for item in differences:
            if item.kind is Kind.FILE and not item.before:
                yield from self._put_away(f"{self._before.top}/{item.name}")
        tracked = [path for path in lost if kinds[path] == "tracked" and path not in self._before.staged]
        staged = [path for path in lost if kinds[path] == "tracked" and path in self._before.staged]
        if staged and "index" in self._kept.refs:
            yield from self._objects("index")
            yield from self._restore(self._kept.refs["index"], staged)
        if tracked and self._before.commit:
            yield from self._restore(self._before.commit, tracked)
        for name, among in (("files", {"dirty", "untracked"}), ("ignored", {"ignored"})):
            some = [path for path in lost if kinds[path] in among and path not in self._kept.left_out]
            if some and name in self._kept.refs:
                yield from self._objects(name)
                yield from self._restore(self._kept.refs[name], some)

    def _restore(self, source: str, paths: list[str]) -> Iterable[str]:
        paths = sorted(paths)
        for start in range(0, len(paths), PATHS_AT_ONCE):
            listed = " ".join(
                shlex.quote(f":(top,literal){path}") for path in paths[start : start + PATHS_AT_ONCE]
            )
            # Without --overlay, git would remove what the source does not have.
            yield f"{self._git} restore --overlay --source={source} --worktree -- {listed}"

    def _objects(self, name: str) -> Iterable[str]:
        """Bring the objects of what was kept; nothing when they need not be brought."""
        if name in self._kept.refs:
            yield f"{self._git} fetch {shlex.quote(self._kept.vault)} {shlex.quote(self._kept.ref(name))}"
