"""Nothing that is done to the files of a clone reaches the developer's repository."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.own_files import copy_file, own_objects
from tests.git.world import World
from tests.support.full_disk import no_file_larger_than
from tests.support.git import Sandbox


def _cut_short(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            os.truncate(path, 3)


def test_cutting_every_object_of_the_clone_short_leaves_the_checkout_whole(world: World) -> None:
    world.checkout.git("gc", "-q")
    world.checkout.commit("loose", {"loose": "x\n"})
    tree, _ = world.start()
    common = Path(Sandbox(tree.path).git("rev-parse", "--path-format=absolute", "--git-common-dir"))

    _cut_short(common / "objects")

    world.checkout.git("fsck", "--full", "--strict")


def test_a_clone_of_an_earlier_version_is_made_its_own(world: World) -> None:
    world.checkout.git("gc", "-q")
    clone = world.clone().path
    shutil.rmtree(clone)
    world.checkout.git("clone", "-q", "--bare", str(world.checkout.path), str(clone))
    pack = next((clone / "objects/pack").glob("*.pack"))
    linked = pack.stat().st_nlink

    world.clone()

    assert linked == 2
    assert [
        path for path in (clone / "objects").rglob("*") if path.is_file() and path.stat().st_nlink > 1
    ] == []
    Sandbox(clone).git("fsck")


def test_objects_of_a_submodule_are_not_shared_either(repository: Sandbox, tmp_path: Path) -> None:
    library = Sandbox.create(tmp_path / "my library", files={"lib.py": "x = 1\n"})
    repository.git("submodule", "--quiet", "add", str(library.path), "libs/library")
    repository.commit("with a submodule")
    world = World(checkout=repository, state=tmp_path / "state")

    tree, _ = world.start()
    _cut_short(tree.plot.git_dir / "modules")

    Sandbox(repository.path / "libs/library").git("fsck", "--full")


def test_a_full_disk_is_one_line_and_leaves_the_object_as_it_was(world: World, tmp_path: Path) -> None:
    (tmp_path / "clone/objects").mkdir(parents=True)
    big = tmp_path / "big"
    big.write_bytes(b"x" * 100_000)
    shared = tmp_path / "clone/objects/big"
    shared.hardlink_to(big)

    with (
        no_file_larger_than(1000),
        pytest.raises(GitFailed, match="cannot copy the repository's objects") as caught,
    ):
        own_objects(tmp_path / "clone")

    assert "runner clean" in caught.value.hint
    assert [path.name for path in (tmp_path / "clone/objects").iterdir()] == ["big"]
    assert shared.read_bytes() == big.read_bytes()


def test_a_copy_keeps_mode_and_time(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"")
    source.chmod(0o444)
    os.utime(source, ns=(1, 2_000_000_000))

    copy_file(source, tmp_path / "target")

    copied = (tmp_path / "target").stat()
    assert (copied.st_mode & 0o777, copied.st_mtime_ns, copied.st_size) == (0o444, 2_000_000_000, 0)


def test_a_copy_from_a_disk_that_cannot_share_is_made_the_plain_way(tmp_path: Path) -> None:
    memory = Path("/proc/version")
    if not memory.is_file():
        pytest.skip("there is no second file system")

    # Its size is told as 0, and the kernel will not copy it for us.
    copy_file(memory, tmp_path / "target")

    assert (tmp_path / "target").exists()
