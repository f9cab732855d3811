"""Folders that programs below the real `bwrap` cannot write to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from runner.process.confinement import find_confinement, mounts
from runner.process.run import run
from tests.support.needs import needs_program

ENV = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}

WRITE = """
import sys
for name in sys.argv[1:]:
    try:
        open(name, "w").close()
        print("written")
    except OSError as error:
        print(error.strerror)
"""


def written(
    names: tuple[Path, ...], *, folder: Path, locked: tuple[Path, ...], opened: tuple[Path, ...]
) -> str:
    """What comes of writing each of these files from inside, a line each."""
    needs_program("bwrap")
    way = find_confinement(ENV, read_only=locked, writable=opened)
    argv = way.argv((sys.executable, "-c", WRITE, *map(str, names)), env=ENV, cwd=folder)
    return run(argv, env=ENV, cwd=folder, timeout_s=30, sweep=True).stdout.decode()


def test_a_folder_can_be_read_only_inside_and_is_as_ever_outside(tmp_path: Path) -> None:
    checkout, tree = tmp_path / "checkout", tmp_path / "tree"
    for folder in (checkout / ".git", tree):
        folder.mkdir(parents=True)
    (checkout / "old").write_text("old")
    (tree / "link").symlink_to(checkout)
    names = (checkout / "new", checkout / "old", checkout / ".git/x", tree / "link/x", tree / "made")

    told = written(names, folder=tree, locked=(checkout,), opened=())

    assert told == "Read-only file system\n" * 4 + "written\n"
    assert (checkout / "old").read_text() == "old"
    (checkout / "new").write_text("written outside")


def test_what_is_not_to_be_written_to_cannot_be_made_writable_from_inside(tmp_path: Path) -> None:
    needs_program("bwrap")
    (tmp_path / "checkout").mkdir()
    way = find_confinement(ENV, read_only=(tmp_path / "checkout",))
    ways_out = (
        f"mount -o remount,rw,bind {tmp_path}/checkout",
        f"umount {tmp_path}/checkout",
        f"unshare -Urm sh -c 'umount {tmp_path}/checkout; mount -o remount,rw,bind {tmp_path}/checkout;"
        f" touch {tmp_path}/checkout/x'",
    )

    argv = way.argv(("sh", "-c", f"{'; '.join(ways_out)}; touch checkout/x"), env=ENV, cwd=tmp_path)
    done = run(argv, env=ENV, cwd=tmp_path, timeout_s=30, sweep=True)

    assert b"Read-only file system" in done.stderr
    assert list((tmp_path / "checkout").iterdir()) == []


def test_a_work_tree_in_a_folder_that_is_read_only_can_be_written_to(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    tree, clone = checkout / "state/worktrees/T-1", checkout / "state/clones/x.git"
    for folder in (tree, clone, checkout / ".git"):
        folder.mkdir(parents=True)
    names = (checkout / "x", checkout / "state/x", tree / "made", clone / "made")

    told = written(names, folder=tree, locked=(checkout, checkout / ".git"), opened=(clone, tmp_path / "no"))

    assert told == "Read-only file system\n" * 2 + "written\n" * 2


def test_folders_that_are_gone_do_no_harm(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    assert written((tmp_path / "x",), folder=tmp_path, locked=(gone,), opened=(gone / "in",)) == "written\n"


def test_only_what_lies_in_a_locked_folder_and_holds_none_is_opened(tmp_path: Path) -> None:
    top, git = tmp_path / "top", tmp_path / "top/.git"
    (tmp_path / "also").symlink_to(top)
    opened = (tmp_path, top, git, top / "in", tmp_path / "also/in", tmp_path / "beside", git / "state")

    options = mounts((tmp_path / "also", git, top), opened)

    assert options == (
        *("--ro-bind-try", str(top), str(top)),
        *("--ro-bind-try", str(git), str(git)),
        *("--bind-try", str(git / "state"), str(git / "state")),
        *("--bind-try", str(top / "in"), str(top / "in")),
    )
