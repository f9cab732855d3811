"""The disk, the repository or the clone fails under a run: one clear line, the right exit code, nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import Busy, GitFailed, NotARepository, RunnerError, StoreFailed
from runner.git.clone import PrivateClone
from runner.git.keeping import keep
from runner.git.repository import Repository
from runner.git.rescue import rescue_change, rescued
from runner.git.vault import vault_path
from runner.runs.alibi import begin_alibi, check_alibi
from tests.faults.hostile_acts import RUN, Scene, make_scene
from tests.git.world import World, text_of_run
from tests.support.full_disk import no_file_larger_than
from tests.support.git import Sandbox


@pytest.fixture
def world(repository: Sandbox, tmp_path: Path) -> World:
    return World(checkout=repository, state=tmp_path / "state")


@pytest.fixture
def scene(repository: Sandbox, tmp_path: Path) -> Scene:
    return make_scene(repository, tmp_path)


def _is_one_line(error: RunnerError) -> bool:
    return bool(str(error)) and "\n" not in str(error) and "Traceback" not in str(error)


def test_a_full_disk_while_the_clone_is_made_leaves_no_half_of_it(world: World) -> None:
    world.checkout.commit("big", {"big": os.urandom(50_000).hex()})

    with no_file_larger_than(10_000), pytest.raises(GitFailed) as caught:
        world.clone()

    assert _is_one_line(caught.value)
    assert caught.value.exit_code == 5
    assert caught.value.hint
    tree, _ = world.start()
    Sandbox(tree.path).git("fsck")


def test_a_full_disk_at_the_commit_keeps_the_files_and_works_later(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"big": os.urandom(50_000).hex()})

    with no_file_larger_than(10_000), pytest.raises(GitFailed) as caught:
        tree.commit(base.commit_id, text_of_run())

    assert _is_one_line(caught.value)
    assert (tree.path / "big").stat().st_size == 100_000
    assert tree.commit(base.commit_id, text_of_run())


def test_a_full_disk_while_unsaved_work_is_kept_is_told_before_claude_starts(scene: Scene) -> None:
    (scene.top / "large").write_bytes(os.urandom(100_000))
    from runner.git.alibi import take

    before = take(scene.clone.ground.checkout)
    with (
        no_file_larger_than(20_000),
        pytest.raises(StoreFailed, match="cannot keep a copy of your unsaved work") as caught,
    ):
        keep(scene.clone.ground, before, "r-2", at=1)

    assert caught.value.exit_code == 5
    assert "free space" in caught.value.hint


@pytest.fixture
def plain_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder and home of a user whom permissions bind, also when the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    (folder / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(os.getuid())
        (folder / "state").chmod(0o700)
        shutil.rmtree(folder)


def test_a_read_only_state_folder_is_one_line(plain_user: Path) -> None:
    world = World(
        checkout=Sandbox.create(plain_user / "repo", files={"a": "x\n"}), state=plain_user / "state"
    )
    world.state.mkdir(mode=0o500)

    with pytest.raises(StoreFailed, match="Permission denied") as caught:
        world.clone()

    assert _is_one_line(caught.value)
    assert caught.value.exit_code == 5


def test_a_state_folder_that_is_a_file_is_one_line(world: World) -> None:
    world.state.write_text("not a folder")

    with pytest.raises(StoreFailed) as caught:
        world.clone()

    assert _is_one_line(caught.value)
    assert caught.value.exit_code == 5


def test_a_repository_that_is_deleted_in_mid_run_leaves_the_work_and_the_unsaved_files(
    scene: Scene, tmp_path: Path
) -> None:
    Sandbox(scene.tree.path).write({"calc.py": "fixed\n"})
    base = Sandbox(scene.tree.path).head()
    shutil.rmtree(scene.top)

    with pytest.raises(GitFailed, match="is not there any more") as caught:
        scene.verdict()
    kept = rescue_change(scene.tree, RUN, base, "half done")
    commands = caught.value.hint.partition(": ")[2].replace("FOLDER", str(tmp_path / "again"))
    subprocess.run(["sh", "-c", commands], check=True, capture_output=True)

    assert kept is not None
    assert _is_one_line(caught.value)
    again = Sandbox(tmp_path / "again")
    assert again.git("show", "refs/kept/files:notes/today.txt") == "y"
    assert again.git("show", "refs/kept/ignored:.env") == "KEY=1"
    assert again.git("log", "-1", "--format=%s", "refs/kept/heads/idea") == "an idea"
    with pytest.raises(NotARepository):
        Repository.open(scene.top)


def test_a_private_clone_that_was_deleted_is_made_again(world: World) -> None:
    tree, _ = world.start()
    shutil.rmtree(world.clone().path)

    with pytest.raises(GitFailed) as caught:
        tree.plot.git.run("status")
    again, base = world.start()

    assert _is_one_line(caught.value)
    assert again.changes(base.commit_id) == ()


def test_unsaved_files_come_back_though_the_clone_is_gone(scene: Scene) -> None:
    (scene.top / "notes/today.txt").unlink()
    (scene.top / ".env").unlink()
    scene.agent("ls $TOP")
    shutil.rmtree(scene.clone.path / "objects")
    (scene.clone.path / "objects").mkdir()

    verdict = scene.verdict()
    scene.undo(verdict)

    assert (scene.top / "notes/today.txt").read_text() == "y\n"
    assert (scene.top / ".env").read_text() == "KEY=1\n"


def test_a_private_clone_that_is_damaged_is_told_and_the_checkout_is_whole(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"calc.py": "fixed\n"})
    for path in (world.clone().path / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"x")

    with pytest.raises(GitFailed) as caught:
        tree.commit(base.commit_id, text_of_run())

    assert _is_one_line(caught.value)
    assert (tree.path / "calc.py").read_text() == "fixed\n"
    world.checkout.git("fsck", "--full")


def test_a_lock_of_a_process_that_died_is_free(world: World) -> None:
    clone = world.clone()
    holder = (
        "import sys, time; from pathlib import Path; from runner.git.lock import locked\n"
        f"with locked(Path({str(clone.path.with_suffix('.lock'))!r}), timeout_s=5):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"

    child.kill()
    child.wait()
    child.stdout.close()

    began = time.monotonic()
    world.start()
    assert time.monotonic() - began < 60


def test_a_lock_that_is_really_held_is_told_in_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = world.clone()
    monkeypatch.setattr("runner.git.ground.LOCK_S", 0.0)

    with clone.ground.lock(), pytest.raises(Busy) as caught:
        clone.resolve_base()

    assert caught.value.exit_code == 4
    assert _is_one_line(caught.value)


def test_locks_that_a_killed_git_left_in_the_work_tree_s_part_stop_nobody(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"calc.py": "fixed\n"})
    for name in ("index.lock", "HEAD.lock", "runner-index.lock"):
        (tree.plot.git_dir / name).touch()

    assert tree.commit(base.commit_id, text_of_run())


def test_a_rescue_survives_the_collection_and_the_next_run(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"half": "done\n"})
    rescue_change(tree, "r-1", base.commit_id, "half done")

    clone = world.clone()
    clone.remove_work_tree(tree.path)
    clone.collect(grace_s=0)
    world.start()

    (kept,) = rescued(
        PrivateClone.ensure(Repository.open(world.checkout.path), world.state / "clones").ground
    )
    assert Sandbox(clone.path).git("show", f"{kept.commit_id}:half") == "done"


def test_a_checkout_that_cannot_be_read_ends_the_run_before_it_begins(scene: Scene, tmp_path: Path) -> None:
    (scene.top / ".git/HEAD").write_text("nonsense\n")

    with pytest.raises(GitFailed) as caught:
        begin_alibi(scene.clone, "r-9", tmp_path / "run", at=1)
    with pytest.raises(GitFailed):
        check_alibi(scene.alibi, scene.clone, scene.tree.path, uses=(), home=tmp_path)

    assert _is_one_line(caught.value)
    assert not (vault_path(scene.clone.path) / "refs/runner/alibi/r-9").exists()
