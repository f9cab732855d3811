"""What a work tree holds now: compared by content, so it does not matter what an agent committed or where HEAD is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from runner.git.model import Snapshot
from runner.git.plot import Plot
from runner.git.program import failure
from runner.git.rule_files import check_rule_files
from runner.process.stop import Stop

ADD_S = 300.0
_GITLINK, _LINK = "160000", "120000"


def start_index(plot: Plot) -> None:
    """Begin our index from that of the fresh work tree: it knows every file's time, so none is read again."""
    shutil.copy2(plot.git_dir / "index", plot.index)


def take_snapshot(plot: Plot, base: str, stop: Stop | None = None) -> Snapshot:
    """Compare the work tree with the commit `base`; new files count, ignored ones do not. Writes only in the clone.

    Raises:
        GitFailed: a file cannot be read, or a filter fails; or it is no longer our work tree.
        Stopped: `stop` was set.
    """
    plot.reclaim()
    check_rule_files(plot.path, stop)
    if not plot.index.is_file():
        plot.git.run("read-tree", base, stop=stop)
    left_out = _add(plot, stop)
    changed = _changed(plot, base)
    links = [path for path, old, new in changed if new == _GITLINK != old]
    if strangers := sorted(set(links) - _declared_submodules(plot) if links else ()):
        plot.git.run("update-index", "--force-remove", "-z", "--stdin", input_bytes=_listed(strangers))
        changed = [row for row in changed if row[0] not in strangers]
    return Snapshot(
        tree_id=plot.git.text("write-tree"),
        changes=tuple(sorted(path for path, _, _ in changed)),
        left_out=tuple(sorted({*left_out, *strangers})),
    )


def patch_of(plot: Plot, base: str) -> bytes:
    """The last snapshot as a binary patch against `base`, empty for no change; `git apply` takes it."""
    options = ("--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    return plot.git.run("diff-index", "--cached", "--patch", *options, *prefixes, base, "--")


def changed_links(plot: Plot, base: str) -> dict[str, str]:
    """Symbolic links of the last snapshot that differ from `base`, and where each leads."""
    paths = [path for path, _, mode in _changed(plot, base) if mode == _LINK]
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


def _changed(plot: Plot, base: str) -> list[tuple[str, str, str]]:
    """(path, mode before, mode now) of everything that differs."""
    fields = plot.git.run("diff-index", "--cached", "--raw", "-z", "--no-renames", base, "--").split(b"\0")
    rows = zip(fields[0::2], fields[1::2], strict=False)
    return [(os.fsdecode(path), facts[1:7].decode(), facts[8:14].decode()) for facts, path in rows]


def _declared_submodules(plot: Plot) -> set[str]:
    done = plot.git.ask("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    lines = os.fsdecode(done.stdout).split("\0")
    return {line.split("\n", 1)[1] for line in lines if "\n" in line}


def _listed(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
