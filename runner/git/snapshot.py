"""What a work tree holds now: compared by content, so it does not matter what an agent committed or where HEAD is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from runner.git.ground import put
from runner.git.model import Snapshot
from runner.git.plot import Plot
from runner.git.program import failure
from runner.git.rule_files import check_rule_files
from runner.process.stop import Stop

ADD_S = 300.0
_GITLINK, _LINK = "160000", "120000"


@dataclass(frozen=True, slots=True)
class _Row:
    """A path of our index that differs from the base; mode and object are zeros where it is not there."""

    path: str
    was: tuple[str, str]
    now: tuple[str, str]


def start_index(plot: Plot) -> None:
    """Begin our index from that of the fresh work tree: it knows every file's time, so none is read again."""
    shutil.copy2(plot.git_dir / "index", plot.index)


def take_snapshot(plot: Plot, base: str, stop: Stop | None = None) -> Snapshot:
    """Compare the work tree with the commit `base`; new files count, ignored ones do not. Writes only in the clone.

    What `note_brought` has noted does not count, as long as it is as it was then.

    Raises:
        GitFailed: a file cannot be read, or a filter fails; or it is no longer our work tree.
        Stopped: `stop` was set.
    """
    plot.reclaim()
    check_rule_files(plot.path, stop)
    if not plot.index.is_file():
        plot.git.run("read-tree", base, stop=stop)
    left_out = _add(plot, stop)
    changed = _without_brought(plot, _changed(plot, base))
    links = [row.path for row in changed if row.now[0] == _GITLINK != row.was[0]]
    if strangers := sorted(set(links) - _declared_submodules(plot) if links else ()):
        plot.git.run("update-index", "--force-remove", "-z", "--stdin", input_bytes=_listed(strangers))
        changed = [row for row in changed if row.path not in strangers]
    return Snapshot(
        tree_id=plot.git.text("write-tree"),
        changes=tuple(sorted(row.path for row in changed)),
        left_out=tuple(sorted({*left_out, *strangers})),
    )


def note_brought(plot: Plot, base: str, stop: Stop | None = None) -> tuple[str, ...]:
    """All that differs from `base` now was brought by others than who works here next; returns the paths.

    Raises: as `take_snapshot`.
    """
    plot.brought_file.unlink(missing_ok=True)
    take_snapshot(plot, base, stop)
    rows = _changed(plot, base)
    if rows:
        put(plot.brought_file, b"".join(_listed([*row.now, row.path]) for row in rows))
    return tuple(row.path for row in rows)


def _without_brought(plot: Plot, changed: list[_Row]) -> list[_Row]:
    """The rest, with our index as if what was brought were not there."""
    if not plot.brought_file.is_file():
        return changed
    fields = os.fsdecode(plot.brought_file.read_bytes()).split("\0")
    brought = {path: (mode, blob) for mode, blob, path in zip(*[iter(fields)] * 3, strict=False)}
    as_brought = [row for row in changed if brought.get(row.path) == row.now]
    if as_brought:
        entries = (f"{row.was[0]} {row.was[1]}\t{row.path}" for row in as_brought)
        plot.git.run("update-index", "-z", "--index-info", input_bytes=_listed(entries))
    return [row for row in changed if row not in as_brought]


def patch_of(plot: Plot, base: str) -> bytes:
    """The last snapshot as a binary patch against `base`, empty for no change; `git apply` takes it."""
    options = ("--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    return plot.git.run("diff-index", "--cached", "--patch", *options, *prefixes, base, "--")


def changed_links(plot: Plot, base: str) -> dict[str, str]:
    """Symbolic links of the last snapshot that differ from `base`, and where each leads."""
    paths = [row.path for row in _changed(plot, base) if row.now[0] == _LINK]
    return {path: os.fsdecode(plot.git.run("cat-file", "blob", f":0:{path}")) for path in paths}


def _add(plot: Plot, stop: Stop | None) -> list[str]:
    """Put everything into our index; returns repositories inside of the work tree that have no commit to point at."""
    command = ("add", "--all", *(("--sparse",) if plot.ground.carried.sparse else ()), "--")
    if plot.git.ask(*command, ".", timeout_s=ADD_S, stop=stop).exit_code == 0:
        return []
    listed = plot.git.run("ls-files", "--others", "--exclude-standard", "-z", stop=stop).split(b"\0")
    inner = [os.fsdecode(name).rstrip("/") for name in listed if name.endswith(b"/")]
    others = (f":(exclude,literal,top){name}" for name in inner)
    done = plot.git.ask(*command, ".", *others, timeout_s=ADD_S, stop=stop)
    if done.exit_code != 0:
        raise failure(done, "cannot read the changes in the work tree")
    return inner


def _changed(plot: Plot, base: str) -> list[_Row]:
    """Everything that differs."""
    options = ("--cached", "--raw", "-z", "--no-renames", "--no-abbrev")
    fields = plot.git.run("diff-index", *options, base, "--").split(b"\0")
    rows = []
    for facts, path in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, _ = facts.decode().removeprefix(":").split(" ")
        rows.append(_Row(path=os.fsdecode(path), was=(old_mode, old), now=(new_mode, new)))
    return rows


def _declared_submodules(plot: Plot) -> set[str]:
    done = plot.git.ask("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    lines = os.fsdecode(done.stdout).split("\0")
    return {line.split("\n", 1)[1] for line in lines if "\n" in line}


def _listed(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
