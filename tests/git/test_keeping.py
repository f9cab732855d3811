"""What is kept of the checkout for a run, and forgotten again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.alibi import take
from runner.git.fingerprint import Fingerprint
from runner.git.keeping import Kept, drop, keep, kept_runs
from runner.git.loose import FILE, LooseObjects
from runner.git.repository import Repository
from runner.git.vault import vault_path
from tests.git.world import World, leave_conflict
from tests.support.git import Sandbox


def _take(checkout: Sandbox) -> Fingerprint:
    return take(Repository.open(checkout.path))


def test_what_was_kept_is_forgotten_when_the_run_ended_well(world: World) -> None:
    world.checkout.write({"new": "secret\n"})
    ground = world.clone().ground
    before = _take(world.checkout)
    first, second = keep(ground, before, "r-1", at=1), keep(ground, before, "r-2", at=2)
    vault = vault_path(world.clone().path)
    private = vault.stat().st_mode & 0o777

    drop(ground, "r-1")
    after_first = kept_runs(ground)
    drop(ground, "r-2")
    drop(ground, "r-2")

    assert Kept.from_json(first.to_json()) == first
    assert (after_first, kept_runs(ground), private) == (("r-2",), (), 0o700)
    assert second.ref("files") == "refs/runner/alibi/r-2/files"
    assert not vault.exists()


def test_an_agent_s_git_does_not_see_what_was_kept(world: World) -> None:
    tree, _ = world.start()
    world.checkout.write({"new": "secret\n"})
    kept = keep(world.clone().ground, _take(world.checkout), "r-1", at=1)

    asked = subprocess.run(
        ["git", "cat-file", "-e", kept.refs["files"]], cwd=tree.path, capture_output=True, check=False
    )

    assert asked.returncode != 0


def test_what_a_remote_has_is_not_kept_again(online: tuple[World, Sandbox]) -> None:
    world, _ = online

    kept = keep(world.clone().ground, _take(world.checkout), "r-1", at=1)

    assert set(kept.refs) == {"settings"}


def test_what_is_too_large_or_gone_or_closed_is_left_out_by_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.git.keeping.FILE_LIMIT_BYTES", 10)
    monkeypatch.setattr("runner.git.keeping.ALL_LIMIT_BYTES", 15)
    world.checkout.write({"a": "1" * 8, "b": "2" * 9, "large": "x" * 100, "gone": "x"})
    (world.checkout.path / "link").symlink_to("a")
    before = _take(world.checkout)
    (world.checkout.path / "gone").unlink()

    kept = keep(world.clone().ground, before, "r-1", at=1)

    assert kept.left_out == ("b", "large")
    vault = Sandbox(Path(kept.vault))
    assert vault.git("ls-tree", "-r", "--name-only", kept.refs["files"]).split() == ["a", "link"]


def test_an_index_in_conflict_is_named_as_left_out(world: World) -> None:
    leave_conflict(world.checkout)

    kept = keep(world.clone().ground, _take(world.checkout), "r-1", at=1)

    assert "the index, which has conflicts" in kept.left_out
    assert "index" not in kept.refs


@pytest.mark.parametrize("kind", ["sha256", "shallow", "broken"])
def test_unusual_repositories_are_kept_as_far_as_they_go(
    tmp_path: Path, repository: Sandbox, kind: str
) -> None:
    if kind == "sha256":
        checkout = Sandbox(tmp_path / "checkout")
        checkout.path.mkdir()
        checkout.git("init", "-q", "--object-format=sha256")
        checkout.commit("first", {"a": "1\n"})
    elif kind == "shallow":
        repository.commit("second")
        repository.git("clone", "-q", "--depth=1", f"file://{repository.path}", str(tmp_path / "checkout"))
        checkout = Sandbox(tmp_path / "checkout")
        checkout.commit("mine")
    else:
        checkout = repository
    world = World(checkout=checkout, state=tmp_path / "state")
    ground = world.clone().ground
    checkout.write({"staged": "x\n", "dir/new": "y\n"})
    checkout.git("add", "staged")
    before = _take(checkout)
    if kind == "broken":
        broken = dict(before.refs) | {"refs/heads/none": "1" * 40}
        before = Fingerprint.from_json(
            before.to_json().replace(b'"refs":{', b'"refs":{"refs/heads/none":"' + b"1" * 40 + b'",')
        )
        assert dict(before.refs) == broken

    kept = keep(ground, before, "r-1", at=1)

    vault = Sandbox(Path(kept.vault))
    assert vault.git("show", f"{kept.refs['files']}:dir/new") == "y"
    assert vault.git("show", f"{kept.refs['index']}:staged") == "x"
    assert ("heads/main" in kept.refs) is (kind != "broken")
    assert bool(kept.left_out) is (kind == "broken")


def test_keeping_a_second_time_for_a_run_leaves_nothing_of_the_first(world: World) -> None:
    world.checkout.write({"new": "x\n"})
    ground = world.clone().ground
    keep(ground, _take(world.checkout), "r-1", at=1)
    (world.checkout.path / "new").unlink()

    kept = keep(ground, _take(world.checkout), "r-1", at=2)

    assert "files" not in kept.refs


def test_of_an_index_only_what_is_staged_is_copied(world: World) -> None:
    tree, _ = world.start()
    world.checkout.write({"staged": "x\n"})
    world.checkout.git("add", "staged")

    kept = keep(world.clone().ground, _take(world.checkout), "r-1", at=1)

    blob = world.checkout.git("rev-parse", "HEAD:calc.py")
    assert Sandbox(Path(kept.vault)).git("show", f"{kept.refs['index']}:staged") == "x"
    assert not (Path(kept.vault) / "objects" / blob[:2] / blob[2:]).exists()
    assert not list((Path(kept.vault) / "objects/pack").glob("*.pack"))
    assert tree.path.is_dir()


def test_what_is_no_run_is_refused(world: World) -> None:
    with pytest.raises(GitFailed, match="is not the id of a run"):
        keep(world.clone().ground, _take(world.checkout), "../x", at=1)


def test_trees_written_by_hand_are_sorted_as_git_wants_them(repository: Sandbox) -> None:
    objects = LooseObjects(folder=repository.path / ".git/objects", object_format="sha1")
    blob = objects.blob(b"x")
    assert objects.blob(b"x") == blob

    tree = objects.tree(
        {"a/b": (FILE, blob), "a.c": (FILE, blob), "a-": (FILE, blob), "ä\udcff": (FILE, blob)}
    )

    commit = objects.commit(tree, "by hand", at=1)
    repository.git("fsck", "--strict", "--full")
    assert repository.git("log", "-1", "--format=%an %ct %s", commit) == "runner 1 by hand"
