"""An agent that bends the clone's history, or puts something else where its work tree was, is not believed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import GitFailed, UsageProblem
from runner.git.clone import PrivateClone, remove_folder
from runner.git.repository import Repository
from tests.git.world import World, fingerprint
from tests.support.git import Sandbox


@pytest.fixture
def world(repository: Sandbox, tmp_path: Path) -> World:
    return World(checkout=repository, state=tmp_path / "state")


def replace_base(tree: Sandbox, base: str) -> None:
    """Make the base look as if it had a file `more.txt`."""
    blob = tree.git("hash-object", "-w", "--stdin", input_text="x\n")
    listed = tree.git("ls-tree", base) + f"\n100644 blob {blob}\tmore.txt\n"
    other = tree.git("commit-tree", "-m", "other", tree.git("mktree", input_text=listed))
    tree.git("replace", "-f", base, other)


@pytest.mark.parametrize("packed", [False, True])
def test_a_replaced_base_hides_no_change_and_is_gone_for_the_next_work_tree(
    world: World, packed: bool
) -> None:
    tree, base = world.start()
    agent = Sandbox(tree.path)
    agent.write({"more.txt": "x\n"})
    replace_base(agent, base.commit_id)
    if packed:
        agent.git("pack-refs", "--all")

    changes = tree.changes(base.commit_id)
    clone = world.clone()
    other = clone.add_work_tree(world.state / "other", "fix/other", clone.resolve_base())

    assert changes == ("more.txt",)
    assert not (other.path / "more.txt").exists()
    assert Sandbox(other.path).git("replace", "-l") == ""


def test_a_replaced_blob_is_read_as_what_it_is(world: World) -> None:
    tree, base = world.start()
    agent = Sandbox(tree.path)
    agent.write({"notes.txt": "hidden\n"})
    hidden = agent.git("hash-object", "-w", "notes.txt")
    agent.git("replace", hidden, agent.git("hash-object", "-w", "--stdin", input_text="harmless\n"))

    patch = tree.patch(base.commit_id)
    agent.git("replace", hidden, agent.git("hash-object", "-w", "--stdin", input_text="harmless\n"))
    read = [Repository.open(tree.path, light=light).blob(hidden) for light in (False, True)]

    assert b"hidden" in patch
    assert read == [b"hidden\n"] * 2


def test_grafts_borrowed_objects_and_a_false_end_of_history_are_removed(world: World, tmp_path: Path) -> None:
    world.checkout.commit("second", {"calc.py": "2\n"})
    tree, base = world.start()
    clone = tree.plot.ground.path
    stranger = Sandbox.create(tmp_path / "stranger", files={"a": "a"})
    (clone / "info" / "grafts").write_text(f"{base.commit_id}\n")
    (clone / "objects" / "info" / "alternates").write_text(f"{stranger.path}/.git/objects\n")
    (clone / "shallow").write_text(f"{base.commit_id}\n")

    tree.plot.ground.restore()

    assert not (clone / "info" / "grafts").exists()
    assert (clone / "objects" / "info" / "alternates").read_bytes() == b""
    assert not (clone / "shallow").exists()
    assert len(Sandbox(tree.path).log("HEAD")) == 2


def test_links_and_folders_in_the_place_of_such_files_go_too(world: World, tmp_path: Path) -> None:
    tree, _ = world.start()
    clone = tree.plot.ground.path
    precious = tmp_path / "precious"
    precious.write_text("x")
    (clone / "objects" / "info" / "alternates").symlink_to(precious)
    (clone / "shallow").symlink_to(precious)
    (clone / "info" / "grafts").mkdir()

    tree.plot.ground.restore()

    assert precious.read_text() == "x"
    assert not any(
        os.path.lexists(clone / name) for name in ("objects/info/alternates", "shallow", "info/grafts")
    )


def test_objects_that_the_checkout_borrows_stay_borrowed(world: World, tmp_path: Path) -> None:
    lender = world.checkout
    borrower = Sandbox(tmp_path / "borrower")
    lender.git("clone", "-q", "--shared", str(lender.path), str(borrower.path))
    world = World(checkout=borrower, state=tmp_path / "state")

    tree, base = world.start()
    tree.plot.ground.restore()

    assert str(lender.path) in (tree.plot.ground.path / "objects" / "info" / "alternates").read_text()
    assert tree.changes(base.commit_id) == ()


def test_the_end_of_a_shallow_checkout_stays_when_the_checkout_is_whole_again(
    published: tuple[Sandbox, Sandbox], tmp_path: Path
) -> None:
    published[0].commit("second", {"calc.py": "2\n"})
    published[0].git("push", "-q", "origin", "main")
    shallow = Sandbox(tmp_path / "shallow")
    published[0].git("clone", "-q", "--depth=1", f"file://{published[1].path}", str(shallow.path))
    tree, base = World(checkout=shallow, state=tmp_path / "state").start()
    shallow.git("fetch", "-q", "--unshallow")

    tree.plot.ground.restore()

    assert (tree.plot.ground.path / "shallow").read_text() == f"{base.commit_id}\n"
    assert tree.changes(base.commit_id) == ()


@pytest.mark.parametrize("part", ["info", "refs", "objects/info", "worktrees"])
def test_a_part_of_the_clone_that_leads_elsewhere_is_refused(world: World, tmp_path: Path, part: str) -> None:
    tree, base = world.start()
    precious = Sandbox.create(tmp_path / "precious", files={"a": "a"}).path
    folder = tree.plot.ground.path / part
    folder.rename(tmp_path / "moved")
    folder.symlink_to(precious / ".git" / part)
    before = fingerprint(precious)

    with pytest.raises(GitFailed, match="was replaced by a link while a run worked"):
        tree.snapshot(base.commit_id)

    assert fingerprint(precious) == before


def put_in_place(tree: Path, precious: Path, way: str) -> None:
    """What an agent may do with the folder that it works in."""
    if way == "link":
        tree.rename(tree.with_name("moved"))
        tree.symlink_to(precious)
    elif way == "folder":
        tree.rename(tree.with_name("moved"))
        precious.rename(tree)
    else:
        tree.parent.rename(tree.parent.with_name("moved"))
        tree.parent.symlink_to(precious.parent)


@pytest.mark.parametrize("way", ["link", "folder", "link above"])
@pytest.mark.parametrize("anew", [False, True])
def test_what_was_put_in_the_place_of_a_work_tree_is_left_alone(
    world: World, tmp_path: Path, way: str, anew: bool
) -> None:
    tree, base = world.start(at="worktrees/T-1")
    clone = world.clone() if anew else PrivateClone(ground=tree.plot.ground)
    precious = Sandbox.create(tmp_path / "dev" / "T-1", files={"thesis.txt": "x"}).path
    before = fingerprint(precious)
    put_in_place(tree.path, precious, way)
    acts: tuple[Callable[[], object], ...] = (
        lambda: tree.snapshot(base.commit_id),
        lambda: tree.apply(b"patch"),
        lambda: tree.plot.reclaim(),
        lambda: clone.work_tree(tree.path).snapshot(base.commit_id),
        lambda: clone.remove_work_tree(tree.path),
        lambda: clone.add_work_tree(tree.path, "fix/other", base),
    )

    refused = 0
    for act in acts:
        try:
            act()
        except (GitFailed, UsageProblem):
            refused += 1

    assert refused == len(acts)
    assert not clone.is_unreplaced(tree.path)
    assert fingerprint(tree.path if way == "folder" else precious) == before


def test_a_forged_note_does_not_outweigh_what_this_process_saw(world: World, tmp_path: Path) -> None:
    tree, base = world.start()
    precious = Sandbox.create(tmp_path / "precious", files={"thesis.txt": "x"}).path
    put_in_place(tree.path, precious, "folder")
    (tree.plot.git_dir / "runner-place").write_text(f"{tree.path.stat().st_ino}\n")

    with pytest.raises(GitFailed, match="was replaced by something else while the run worked"):
        tree.snapshot(base.commit_id)


def test_a_work_tree_from_before_there_were_notes_is_known_by_its_link(world: World) -> None:
    tree, base = world.start()
    (tree.plot.git_dir / "runner-place").unlink()

    again = world.clone().work_tree(tree.path)

    assert again.changes(base.commit_id) == ()


def test_a_work_tree_that_is_gone_is_no_other_one(world: World) -> None:
    tree, _ = world.start()
    shutil.rmtree(tree.path)

    tree.plot.check_place()

    with pytest.raises(GitFailed, match="there is no whole work tree"):
        tree.plot.note_place()


def test_links_and_pipes_in_our_part_of_the_clone_are_not_followed(world: World, tmp_path: Path) -> None:
    tree, base = world.start()
    precious = tmp_path / "precious"
    precious.write_text("x")
    for name in ("index", "runner-index", "HEAD"):
        (tree.plot.git_dir / name).unlink()
    (tree.plot.git_dir / "index").symlink_to(precious)
    (tree.plot.git_dir / "runner-index").symlink_to(precious)
    os.mkfifo(tree.plot.git_dir / "HEAD")
    Sandbox(tree.path).write({"calc.py": "new\n"})

    tree.commit(base.commit_id, "Change it")

    assert precious.read_text() == "x"


def test_a_link_is_never_removed_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir(mode=0o500)
    (tmp_path / "link").symlink_to("precious")

    with pytest.raises(GitFailed, match="is a link"):
        remove_folder(tmp_path / "link")

    assert (tmp_path / "precious").stat().st_mode & 0o777 == 0o500


def test_no_work_tree_is_made_through_a_link(world: World, tmp_path: Path) -> None:
    clone = world.clone()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "T-1").mkdir()
    (world.state / "worktrees").symlink_to(tmp_path / "dev")

    with pytest.raises(GitFailed, match="was replaced by something else"):
        clone.add_work_tree(world.state / "worktrees" / "T-1", "fix/T-1", clone.resolve_base())

    assert list((tmp_path / "dev" / "T-1").iterdir()) == []


def test_a_work_tree_is_still_itself_also_when_the_clone_forgot_it(world: World) -> None:
    tree, _ = world.start()
    shutil.rmtree(tree.plot.git_dir)

    assert PrivateClone(ground=tree.plot.ground).is_unreplaced(tree.path)
    assert world.clone().is_unreplaced(tree.path)
    assert not world.clone().is_unreplaced(world.state / "none")
