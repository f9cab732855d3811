"""Unusual checkouts: submodules, sparse, sha-256, shallow and partial ones, linked work trees."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from runner.git.clone import PrivateClone
from runner.git.repository import Repository
from tests.git.world import World, fingerprint, text_of_run
from tests.support.git import Sandbox
from tests.support.needs import needs_program


@pytest.fixture
def with_submodule(repository: Sandbox, tmp_path: Path) -> World:
    library = Sandbox.create(tmp_path / "library", files={"lib.py": "x = 1\n"})
    repository.git("submodule", "--quiet", "add", str(library.path), "libs/library")
    repository.commit("with a submodule")
    return World(checkout=repository, state=tmp_path / "state")


def test_submodules_are_filled_from_the_checkout_without_their_remote(
    with_submodule: World, tmp_path: Path
) -> None:
    (tmp_path / "library").rename(tmp_path / "away")
    before = fingerprint(with_submodule.checkout.path)

    tree, base = with_submodule.start()

    assert (tree.path / "libs/library/lib.py").read_text() == "x = 1\n"
    assert tree.note == ""
    assert tree.changes(base.commit_id) == ()
    assert "submodule" not in (with_submodule.clone().path / "config").read_text()
    assert fingerprint(with_submodule.checkout.path) == before


def test_a_submodule_that_moved_on_is_part_of_the_commit(with_submodule: World) -> None:
    tree, base = with_submodule.start()
    moved = Sandbox(tree.path / "libs/library").commit("newer", {"lib.py": "x = 2\n"})

    commit_id = tree.commit(base.commit_id, text_of_run())

    assert Sandbox(tree.path).git("rev-parse", f"{commit_id}:libs/library") == moved


def test_a_submodule_that_is_new_and_declared_is_part_of_the_commit(
    with_submodule: World, tmp_path: Path
) -> None:
    tree, base = with_submodule.start()
    Sandbox.create(tmp_path / "second", files={"b": "b"})
    Sandbox(tree.path).git("submodule", "--quiet", "add", str(tmp_path / "second"), "libs/second")

    snapshot = tree.snapshot(base.commit_id)

    assert snapshot.changes == (".gitmodules", "libs/second")
    assert snapshot.left_out == ()


def test_a_submodule_that_cannot_be_filled_is_noted(with_submodule: World, tmp_path: Path) -> None:
    (tmp_path / "library").rename(tmp_path / "away")
    # The base wants a commit that neither the checkout's copy nor its remote has.
    checkout = with_submodule.checkout
    checkout.git("update-index", "--cacheinfo", f"160000,{'1' * 40},libs/library")
    checkout.git("commit", "-q", "-m", "ahead")

    tree, _ = with_submodule.start()

    assert tree.note == "submodules that could not be filled: libs/library"
    assert (tree.path / "calc.py").is_file()


def test_a_submodule_that_is_not_initialised_stays_empty(with_submodule: World) -> None:
    with_submodule.checkout.git("submodule", "--quiet", "deinit", "libs/library")

    tree, _ = with_submodule.start()

    assert list((tree.path / "libs/library").iterdir()) == []
    assert tree.note == ""


def test_a_base_without_the_submodule_needs_none(with_submodule: World) -> None:
    checkout = with_submodule.checkout
    checkout.git("branch", "before", "HEAD~1")

    tree, _ = with_submodule.start("before")

    assert not (tree.path / "libs").exists()
    assert tree.note == ""


def test_work_inside_of_a_submodule_s_checkout(with_submodule: World) -> None:
    inner = Sandbox(with_submodule.checkout.path / "libs/library")
    world = World(checkout=inner, state=with_submodule.state)
    before = fingerprint(with_submodule.checkout.path)

    tree = world.committed({"lib.py": "x = 3\n"})

    assert world.clone().path.name.startswith("library-")
    assert Sandbox(tree.path).git("show", "HEAD:lib.py") == "x = 3"
    assert fingerprint(with_submodule.checkout.path) == before


def test_a_sparse_checkout_gets_sparse_work_trees(world: World) -> None:
    world.checkout.commit("more", {"in/a": "a\n", "out/b": "b\n", "out/c": "c\n"})
    world.checkout.git("sparse-checkout", "set", "--cone", "in")

    tree, base = world.start()
    seen = sorted(str(path.relative_to(tree.path)) for path in tree.path.rglob("*") if path.is_file())
    untouched = tree.changes(base.commit_id)
    Sandbox(tree.path).write({"in/a": "changed\n", "elsewhere/new": "x\n"})
    commit_id = tree.commit(base.commit_id, text_of_run())

    assert seen == [".git", "README.md", "calc.py", "in/a"]
    assert untouched == ()
    inside = Sandbox(tree.path)
    assert inside.git("diff", "--name-only", base.commit_id, commit_id) == "elsewhere/new\nin/a"
    assert inside.git("rev-parse", "--is-inside-work-tree", "--is-bare-repository") == "true\nfalse"


def test_sparse_and_full_checkouts_of_one_repository_do_not_share(world: World, tmp_path: Path) -> None:
    world.checkout.commit("more", {"in/a": "a\n", "out/b": "b\n"})
    world.checkout.git("worktree", "add", "-q", str(tmp_path / "sparse"))
    Sandbox(tmp_path / "sparse").git("sparse-checkout", "set", "--no-cone", "/in/")

    sparse = PrivateClone.ensure(Repository.open(tmp_path / "sparse"), world.state / "clones")
    full = world.clone()

    assert sparse.path != full.path
    tree = sparse.add_work_tree(world.state / "sparse-work", "fix/1", sparse.resolve_base())
    assert sorted(path.name for path in tree.path.iterdir()) == [".git", "in"]


def test_a_sha_256_repository_goes_all_the_way(tmp_path: Path) -> None:
    checkout = Sandbox(tmp_path / "new")
    checkout.path.mkdir()
    checkout.git("init", "-q", "-b", "main", "--object-format=sha256")
    checkout.commit("first", {"a": "a\n"})
    world = World(checkout=checkout, state=tmp_path / "state")

    tree = world.committed({"a": "b\n"})
    tree.deliver_local(Repository.open(checkout.path), world.branch)

    assert checkout.git("show", f"{world.branch}:a") == "b"


def test_a_partial_clone_gets_what_it_needs(online: tuple[World, Sandbox], tmp_path: Path) -> None:
    _, origin = online
    origin.git("config", "uploadpack.allowFilter", "true")
    checkout = Sandbox(tmp_path / "partial")
    origin.git(
        "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{origin.path}", str(checkout.path)
    )
    world = World(checkout=checkout, state=tmp_path / "state")

    tree = world.committed({"calc.py": "x\n"})
    tree.push(world.branch, None, "origin")

    assert (tree.path / "README.md").read_text() == "# Widget\n"
    assert Sandbox(tree.path).git("config", "--get-all", "remote.origin.url") == f"file://{origin.path}"
    assert "remote.origin.url" not in dict(world.clone().ground.carried.delivery)
    assert origin.git("show", f"{world.branch}:calc.py") == "x"


def test_a_shallow_checkout_pushes(online: tuple[World, Sandbox], tmp_path: Path) -> None:
    world, origin = online
    world.checkout.commit("second", {"a": "x"})
    world.checkout.git("push", "-q")
    checkout = Sandbox(tmp_path / "shallow")
    origin.git("clone", "-q", "--depth=1", f"file://{origin.path}", str(checkout.path))
    shallow = World(checkout=checkout, state=tmp_path / "state2")

    tree = shallow.committed({"calc.py": "x\n"})
    tree.push(shallow.branch, None, "origin")

    assert origin.log(f"main..{shallow.branch}") == [text_of_run()]


def test_a_folder_with_an_odd_name_is_no_trouble(tmp_path: Path) -> None:
    checkout = Sandbox.create(tmp_path / "Ä 'quoted' $HOME", files={"a": "a\n"})
    world = World(checkout=checkout, state=tmp_path / "state ü")

    tree = world.committed({"a": "b\n"})
    tree.deliver_local(Repository.open(checkout.path), world.branch)

    assert checkout.git("show", f"{world.branch}:a") == "b"


def test_a_state_folder_behind_a_link_is_no_trouble(world: World, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    world.state.symlink_to(tmp_path / "real")

    tree = world.committed({"a": "b\n"})
    again = world.clone().work_tree(world.state / "work")
    again.deliver_local(Repository.open(world.checkout.path), world.branch)
    world.clone().remove_work_tree(world.state / "work")

    assert again.path == tree.path
    assert not tree.path.exists()
    assert world.checkout.git("show", f"{world.branch}:a") == "b"


def test_everything_ignored_is_no_change(world: World) -> None:
    world.checkout.write({".gitignore": "*\n"})
    world.checkout.git("add", "--force", ".gitignore")
    world.checkout.git("commit", "-q", "-m", "ignore all")
    tree, base = world.start()
    Sandbox(tree.path).write({"new": "x"})

    assert tree.changes(base.commit_id) == ()


def test_files_of_git_lfs_are_copied_not_linked(world: World) -> None:
    store = world.checkout.path / ".git/lfs/objects/aa/bb"
    store.mkdir(parents=True)
    (store / "aabb").write_text("large")
    first = world.clone().path / "lfs/objects/aa/bb/aabb"
    (store / "aacc").write_text("larger")
    world.clone()

    assert first.read_text() == "large"
    assert first.stat().st_ino != (store / "aabb").stat().st_ino
    assert first.with_name("aacc").read_text() == "larger"


def test_large_files_on_another_disk_are_copied_too(world: World, tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    store = shared / f"runner-test-{tmp_path.parent.name}-{tmp_path.name}"
    (store / "objects").mkdir(parents=True)
    (store / "objects" / "aabb").write_text("large")
    (world.checkout.path / ".git" / "lfs").symlink_to(store)

    try:
        clone = world.clone()
    finally:
        shutil.rmtree(store)

    assert (clone.path / "lfs/objects/aabb").read_text() == "large"


def test_more_large_files_than_we_copy_are_left_to_git_lfs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.git.creation.LARGE_FILES_LIMIT_BYTES", 4)
    store = world.checkout.path / ".git/lfs/objects"
    store.mkdir(parents=True)
    (store / "aabb").write_text("large")

    assert not (world.clone().path / "lfs/objects/aabb").exists()


def test_a_large_file_that_cannot_be_read_is_left_to_git_lfs(world: World) -> None:
    store = world.checkout.path / ".git/lfs/objects"
    store.mkdir(parents=True)
    (store / "aabb").symlink_to("nowhere")

    assert not (world.clone().path / "lfs/objects/aabb").exists()


def test_large_files_go_both_ways(world: World) -> None:
    needs_program("git-lfs")
    checkout = world.checkout
    checkout.git("lfs", "install", "--local", "--skip-repo")
    checkout.commit(
        "large", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": "large\n"}
    )

    tree, base = world.start()
    seen = (tree.path / "a.bin").read_text()
    unchanged = tree.changes(base.commit_id)
    Sandbox(tree.path).write({"b.bin": "new\n"})
    commit_id = tree.commit(base.commit_id, text_of_run())

    assert seen == "large\n"
    assert unchanged == ()
    digest = hashlib.sha256(b"new\n").hexdigest()
    assert f"oid sha256:{digest}" in Sandbox(tree.path).git("show", f"{commit_id}:b.bin")
    assert (
        subprocess.run(
            ["git", "status", "--porcelain"], cwd=tree.path, capture_output=True, check=True
        ).stdout
        == b""
    )
