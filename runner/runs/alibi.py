"""The alibi of a run: the developer's checkout before and after, whose the differences are, how to undo them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from runner.claude.fields import dict_in, dicts_in, object_of, text_in
from runner.errors import GitFailed, RunnerError
from runner.git.alibi import take
from runner.git.alibi_compare import Difference, Kind, compare
from runner.git.alibi_store import read_store, settings_files
from runner.git.clone import PrivateClone
from runner.git.fingerprint import Fingerprint
from runner.git.footprint import Site, attribute, footprint_of
from runner.git.keeping import Kept, drop, keep
from runner.git.recovery import recovery
from runner.git.repository import Repository
from runner.paths import write_private

BEFORE, KEPT, AWAY = "checkout.json", "kept.json", "put-away"
RECOVER, RECOVER_OTHERS = "recover.sh", "recover-others.sh"
TOLD_LIMIT = 5
"""So many differences stand in a message; the run's folder has them all."""
_ENTRIES_LIMIT = 100_000
"""So many entries of a work tree are looked at for links that lead out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alibi:
    """What the checkout was when the run began, and what was kept of it."""

    run_id: str
    folder: Path
    """The run's own."""
    before: Fingerprint
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the checkout while the run worked."""

    ours: tuple[Difference, ...] = ()
    """The run did it, or may have: it has failed."""
    theirs: tuple[Difference, ...] = ()
    """The developer's own work meanwhile."""
    because: str = ""
    """The words of a tool that speak against the run; empty when there are none."""
    script: Path | None = None
    """Commands that undo `ours`; None when nothing can be or need be undone."""
    missed: tuple[Difference, ...] = ()
    """Those of `theirs` by which unsaved work was lost or overwritten, or git was told to act differently."""
    script_for_missed: Path | None = None
    """Commands that undo `missed`; None when nothing can be or need be undone."""

    @property
    def cause(self) -> str:
        """One line for an outcome; empty when the run touched nothing."""
        if not self.ours:
            return ""
        why = f" (claude: {self.because})" if self.because else ""
        return f"the run changed your checkout: {_told(self.ours)}{why}"

    @property
    def hint(self) -> str:
        return f"this brings it back: sh {shlex.quote(str(self.script))}" if self.script else ""

    @property
    def mention(self) -> str:
        """One line about what the developer did meanwhile; empty for nothing."""
        return (
            f"your checkout changed meanwhile, not by this run: {_told(self.theirs)}" if self.theirs else ""
        )

    @property
    def warning(self) -> str:
        """One line about what only may be the developer's, with the way back; empty when nothing may be missed."""
        if not self.missed:
            return ""
        back = f": sh {shlex.quote(str(self.script_for_missed))}" if self.script_for_missed else " by hand"
        return (
            f"your checkout changed while the run worked, and no tool of claude's speaks of it:"
            f" {_told(self.missed)}. If it was not you, bring it back{back}"
        )


def begin_alibi(
    clone: PrivateClone, run_id: str, folder: Path, *, ours: tuple[Path, ...] = (), at: int
) -> Alibi:
    """Look at the checkout, keep what is unsaved in it, and write both into the run's folder.

    `ours` are our own folders (state, config, cache); `at` is now, in seconds since 1970.

    Raises:
        GitFailed, ChildTimedOut: the checkout cannot be read.
        StoreFailed, Busy: it cannot be kept.
    """
    before = take(clone.ground.checkout, ours=ours)
    # Before anything is kept: a run that is killed here has at least what it found.
    write_private(folder / BEFORE, before.to_json())
    kept = keep(clone.ground, before, run_id, at=at)
    write_private(folder / KEPT, kept.to_json())
    return Alibi(run_id=run_id, folder=folder, before=before, kept=kept)


def open_alibi(run_id: str, folder: Path) -> Alibi | None:
    """What `begin_alibi` wrote, for a run that is resumed; None when it did not come so far. Raises: StoreFailed."""
    if not (folder / KEPT).is_file():
        return None
    before = Fingerprint.from_json((folder / BEFORE).read_bytes())
    return Alibi(
        run_id=run_id, folder=folder, before=before, kept=Kept.from_json((folder / KEPT).read_bytes())
    )


def check_alibi(
    alibi: Alibi,
    clone: PrivateClone,
    work_tree: Path,
    *,
    uses: Iterable[Mapping[str, object]],
    home: Path,
    ours: tuple[Path, ...] = (),
    expected: tuple[str, ...] = (),
    redact: Callable[[str], str] = str,
    witnessed: tuple[tuple[Kind, str], ...] = (),
) -> Verdict:
    """Look again and say whose the differences are; `uses` are claude's tools, see `tool_uses`.

    `expected` are full names of refs that this run itself made in the checkout; `redact`
    takes the secrets out of what is quoted; `witnessed` is of `lost_between`.

    Raises:
        GitFailed, ChildTimedOut: the checkout cannot be read, or is gone.
    """
    if not clone.ground.checkout.git_dir.is_dir():
        raise _gone(alibi, clone)
    after = _look_again(alibi, clone, ours)
    differences = compare(alibi.before, after)
    if not differences:
        return Verdict()
    site = _site(alibi, clone, work_tree, home, ours)
    footprint = footprint_of(uses, site, links=outward_links(work_tree), expected=expected, redact=redact)
    footprint = replace(footprint, witnessed=witnessed)
    run_s, developer_s = attribute(differences, footprint)
    missed = tuple(item for item in developer_s if _may_be_missed(item, alibi.before))
    return Verdict(
        ours=run_s,
        theirs=developer_s,
        because=footprint.because if run_s else "",
        script=_script(alibi, clone, run_s, RECOVER),
        missed=missed,
        script_for_missed=_script(alibi, clone, missed, RECOVER_OTHERS),
    )


def lost_between(before: Fingerprint, after: Fingerprint) -> tuple[tuple[Kind, str], ...]:
    """Kinds and names of what is gravely different; not of files whose work went into a new entry of the stash."""
    found = tuple(item for item in compare(before, after) if item.grave)
    if set(after.stash) - set(before.stash):
        found = tuple(item for item in found if item.kind not in {Kind.FILE, Kind.INDEX})
    return tuple((item.kind, item.name) for item in found)


def end_alibi(clone: PrivateClone, run_id: str) -> str:
    """The run ended well: forget what was kept. Returns a warning when that did not work; empty when it did."""
    try:
        drop(clone.ground, run_id)
    except (RunnerError, OSError) as error:
        return f"what was kept of your checkout could not be removed: {error}"
    return ""


def tool_uses(lines: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """Every use of a tool in a recorded stream, refused ones too: `{"name": ..., "input": {...}}`."""
    for line in lines:
        message = dict_in(object_of(line) or {}, "message")
        for block in dicts_in(message, "content"):
            if text_in(block, "type") == "tool_use":
                yield {"name": text_in(block, "name"), "input": dict_in(block, "input")}


def uses_in(folder: Path) -> Iterator[dict[str, object]]:
    """The same from all streams that a run's folder has, also of calls that were cut off."""
    for path in sorted([*folder.glob("stream*.jsonl"), *folder.glob("cut-off-*.jsonl")]):
        if path.is_symlink() or not path.is_file():
            continue  # nothing of ours: to read a pipe could take for ever
        with path.open("rb") as lines:
            yield from tool_uses(lines)


def outward_links(work_tree: Path) -> tuple[str, ...]:
    """Where symbolic links of the work tree lead that leave it, as absolute paths."""
    found: dict[str, None] = {}
    for path in islice(_links(str(work_tree)), _ENTRIES_LIMIT):
        target = os.path.normpath(Path(path).parent / os.readlink(path))  # noqa: PTH115 - it need not exist
        if not Path(target).is_relative_to(work_tree):
            found[target] = None
    return tuple(found)


def _links(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_symlink():
                    yield entry.path
                elif entry.is_dir(follow_symlinks=False):
                    yield from _links(entry.path)
    except OSError:
        return  # an agent may have made a folder that nobody can read


def _look_again(alibi: Alibi, clone: PrivateClone, ours: tuple[Path, ...]) -> Fingerprint:
    checkout = clone.ground.checkout
    try:
        return take(checkout, ours=ours, since=alibi.before)
    except GitFailed:
        # Damaged, perhaps: then git says no word about the rest, but the damage itself can be told.
        store = read_store(checkout.git_dir, checkout.common_dir, checkout.source)
        parts = {name: getattr(store, name) for name in store.__slots__}
        after = replace(alibi.before, **parts)
        if not compare(alibi.before, after):
            raise
        return after


def _site(alibi: Alibi, clone: PrivateClone, work_tree: Path, home: Path, ours: tuple[Path, ...]) -> Site:
    checkout = clone.ground.checkout
    return Site(
        work_tree=str(work_tree),
        checkout=alibi.before.top,
        git_folders=tuple(dict.fromkeys((str(checkout.git_dir), str(checkout.common_dir)))),
        home=str(home),
        private=tuple(str(path) for path in (*ours, clone.path)),
        other_names=_other_names(checkout),
    )


def _other_names(checkout: Repository) -> tuple[str, ...]:
    """The checkout as the developer's shell calls it, when a link leads there."""
    said = checkout.source.get("PWD", "")
    return (said,) if said != str(checkout.top) and said and Path(said).resolve() == checkout.top else ()


def _gone(alibi: Alibi, clone: PrivateClone) -> GitFailed:
    vault, refs = shlex.quote(alibi.kept.vault), shlex.quote(f"{alibi.kept.ref('*')}:refs/kept/*")
    return GitFailed(
        f"{alibi.before.top} is not there any more",
        hint=f"its branches and unsaved files: git clone {shlex.quote(str(clone.path))} FOLDER"
        f" && git -C FOLDER fetch {vault} {refs}",
    )


def _may_be_missed(item: Difference, before: Fingerprint) -> bool:
    """Whether only what was kept has it still. Tracked files and moved branches git has itself."""
    was = before.files.get(item.name) if item.kind is Kind.FILE else None
    return item.grave or (was is not None and was.kind != "tracked")


def _script(alibi: Alibi, clone: PrivateClone, differences: tuple[Difference, ...], name: str) -> Path | None:
    checkout = clone.ground.checkout
    settings = settings_files(checkout.git_dir, checkout.common_dir, checkout.source)
    settings |= {name: checkout.common_dir / name for name in alibi.before.settings if name not in settings}
    commands = recovery(
        differences,
        alibi.before,
        alibi.kept,
        clone=clone.path,
        git_folder=checkout.common_dir,
        settings=settings,
        away=alibi.folder / AWAY,
    )
    if not commands:
        return None
    told = "".join(f"# {line}\n" for item in differences for line in item.told().splitlines())
    path = alibi.folder / name
    text = f"# {_heading(name, alibi)}:\n{told}set -x\n" + "".join(f"{command}\n" for command in commands)
    write_private(path, text.encode(errors="surrogateescape"))
    return path


def _heading(name: str, alibi: Alibi) -> str:
    run, top = alibi.run_id, alibi.before.top
    return (
        f"What run {run} changed in {top}" if name == RECOVER else f"What changed in {top} during run {run}"
    )


def _told(differences: tuple[Difference, ...]) -> str:
    told = "; ".join(item.told() for item in differences[:TOLD_LIMIT])
    more = len(differences) - TOLD_LIMIT
    return f"{told}; and {more} more" if more > 0 else told
