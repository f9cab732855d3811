"""What a work tree holds now: compared by content, so it does not matter what an agent committed or where HEAD is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from runner.git.ground import put
from runner.git.model import Snapshot
from runner.git.plot import Plot
from runner.git.program import Git, failure
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

    What `note_brought` has noted is part of the tree, but no change as long as it is as it was then.

    Raises:
        GitFailed: a file cannot be read, or a filter fails; or it is no longer our work tree.
        Stopped: `stop` was set.
    """
    plot.reclaim()
    check_rule_files(plot.path, stop)
    if not plot.index.is_file():
        plot.git.run("read-tree", base, stop=stop)
    left_out = _add(plot, stop)
    changed = _changed(plot.git, base)
    links = [row.path for row in changed if row.now[0] == _GITLINK != row.was[0]]
    if strangers := sorted(set(links) - _declared_submodules(plot) if links else ()):
        plot.git.run("update-index", "--force-remove", "-z", "--stdin", input_bytes=_listed(strangers))
        changed = [row for row in changed if row.path not in strangers]
    brought = _as_brought(plot, changed)
    return Snapshot(
        tree_id=plot.git.text("write-tree"),
        changes=tuple(sorted(row.path for row in changed if row not in brought)),
        left_out=tuple(sorted({*left_out, *strangers})),
    )


def note_brought(plot: Plot, base: str, stop: Stop | None = None) -> tuple[str, ...]:
    """All that differs from `base` now was brought by others than who works here next; returns the paths.

    Raises: as `take_snapshot`.
    """
    plot.brought_file.unlink(missing_ok=True)
    begun = take_snapshot(plot, base, stop)
    rows = _changed(plot.git, base)
    if rows:
        put(
            plot.brought_file,
            _listed([begun.tree_id, *(word for row in rows for word in (*row.now, row.path))]),
        )
    return tuple(row.path for row in rows)


def begun_as(plot: Plot, base: str) -> str:
    """The tree of the files before the work began here: the base's, with what was brought."""
    return brought_tree(plot) or plot.ground.git.text("rev-parse", "--verify", f"{base}^{{tree}}")


def brought_tree(plot: Plot) -> str:
    """The same as it was noted; empty when nothing was brought."""
    return _noted(plot)[0]


def to_commit(plot: Plot, base: str, tree_id: str) -> str:
    """A tree of this work tree as a commit has it: what was brought, and nobody changed, is as in the base."""
    if not plot.brought_file.is_file():
        return tree_id
    index = plot.git_dir / "runner-index-to-commit"
    git = plot.git.with_index(index)
    try:
        git.run("read-tree", tree_id)
        leave_out_brought(plot, git, base)
        return git.text("write-tree")
    finally:
        index.unlink(missing_ok=True)


def leave_out_brought(plot: Plot, git: Git, base: str) -> None:
    """Make the index that `git` uses as if what was brought were not there."""
    if plot.brought_file.is_file() and (rows := _as_brought(plot, _changed(git, base))):
        entries = (f"{row.was[0]} {row.was[1]}\t{row.path}" for row in rows)
        git.run("update-index", "-z", "--index-info", input_bytes=_listed(entries))


def _as_brought(plot: Plot, changed: list[_Row]) -> list[_Row]:
    _, *fields = _noted(plot)
    brought = {path: (mode, blob) for mode, blob, path in zip(*[iter(fields)] * 3, strict=False)}
    return [row for row in changed if brought.get(row.path) == row.now]


def _noted(plot: Plot) -> list[str]:
    """The tree with what was brought, then mode, object and path of each; one empty word for nothing."""
    if not plot.brought_file.is_file():
        return [""]
    return os.fsdecode(plot.brought_file.read_bytes()).split("\0")


def patch_of(plot: Plot, base: str) -> bytes:
    """The last snapshot as a binary patch against `base`, empty for no change; `git apply` takes it."""
    options = ("--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    return plot.git.run("diff-index", "--cached", "--patch", *options, *prefixes, base, "--")


def changed_links(plot: Plot, base: str) -> dict[str, str]:
    """Symbolic links of the last snapshot that differ from `base`, and where each leads."""
    paths = [row.path for row in _changed(plot.git, base) if row.now[0] == _LINK]
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


def _changed(git: Git, base: str) -> list[_Row]:
    """Everything that differs in the index that `git` uses."""
    options = ("--cached", "--raw", "-z", "--no-renames", "--no-abbrev")
    fields = git.run("diff-index", *options, base, "--").split(b"\0")
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
